import { program, type Scenario, thing, up } from "./scenario.js";

const secrets = (x: number) => ({
  ...program(
    thing("a", { x, key: "!hush", o: { k: "!deep", l: [1, "!two", { m: null }] } }),
    thing("b", { of: "$a.o", list: ["$a.made", { n: "$a.size" }, "!$a.made"] }),
    thing("c", { y: "$b.list" }, { additionalSecretOutputs: ["made", "size"] }),
  ),
  outputs: { made: "$c.made", all: { b: "$b.list", x }, open: "$b.size" },
});

/** What values become on their way. */
export const values: Scenario[] = [
  {
    name: "secrets and unknowns within lists and maps",
    actions: [
      { op: "preview", program: secrets(1) },
      up(secrets(1)),
      up(secrets(1), { effects: [] }),
      { op: "preview", program: secrets(2) },
      up(secrets(2), { effects: ["update a", "update b", "update c"] }),
      { op: "refresh", faults: { "answer a": { key: "other", size: 3 } } },
      { op: "destroy", names: [] },
    ],
  },
  {
    name: "a secret that becomes open, and the other way round",
    actions: [
      up(program(thing("a", { p: "!one", q: "two" }))),
      up(program(thing("a", { p: "one", q: "!two" }))),
      up(program(thing("a", { p: "one", q: "!two" })), { effects: [] }),
    ],
  },
  {
    name: "additionalSecretOutputs come and go without an update",
    actions: [
      up(program(thing("a", { x: 1 }))),
      up(program(thing("a", { x: 1 }, { additionalSecretOutputs: ["made", "x"] })), { effects: [] }),
      up(program(thing("a", { x: 2 }, { additionalSecretOutputs: ["made", "x"] })), { effects: ["update a"] }),
      up(program(thing("a", { x: 2 })), { effects: [] }),
    ],
  },
  {
    name: "keys that come and go",
    actions: [
      up(program(thing("a", { l: [1, 2, 3], m: { "k.v": 1, "x[0]": { y: 1 } }, n: null }))),
      { op: "preview", program: program(thing("a", { l: [1, 4], m: { "k.v": 2, "x[0]": {} }, n: 0, t: true })) },
      up(program(thing("a", { l: [1, 4], m: { "k.v": 2, "x[0]": {} }, n: 0, t: true })), { effects: ["update a"] }),
      up(program(thing("a", {})), { effects: ["update a"] }),
    ],
  },
  {
    name: "resources as values",
    actions: [
      up(program(thing("a"), thing("b", { of: "$a", deep: [{ a: "$a" }] }))),
      up(program(thing("a"), thing("b", { of: "$a", deep: [{ a: "$a" }] })), { effects: [] }),
      { op: "refresh" },
    ],
  },
  {
    name: "a stack transformation changes what is registered",
    actions: [
      up({
        ...program(thing("a", { x: 1 }), thing("b")),
        transformation: { props: { tag: "t" }, opts: { protect: true } },
      }),
      up(
        {
          ...program(thing("a", { x: 1 }), thing("b")),
          transformation: { props: { tag: "u" }, opts: { protect: false } },
        },
        {
          effects: ["update a", "update b"],
        },
      ),
    ],
  },
];
