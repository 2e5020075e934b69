import { program, type Scenario, thing, up } from "./scenario.js";

/** What fails, before and after its effect. */
export const failures: Scenario[] = [
  {
    name: "a failing create loses nothing",
    actions: [
      up(program(thing("a", { x: 1 }), thing("b"))),
      up(program(thing("a", { x: 2 }), thing("c"), thing("d")), {
        faults: { "create c": { message: "no room" } },
        fails: true,
        error: "no room",
        effects: ["update a", "create c"],
        names: ["a", "b"],
      }),
      up(program(thing("a", { x: 2 }), thing("c"), thing("d")), {
        effects: ["create c", "create d", "delete b"],
        names: ["a", "c", "d"],
      }),
    ],
  },
  {
    name: "a program that fails deletes nothing",
    actions: [
      up({ ...program(thing("a"), thing("b")), outputs: { o: "$a.made" } }),
      up(
        { ...program(thing("a", { x: 2 })), throws: "broken" },
        { fails: true, error: "broken", effects: ["update a"], names: ["a", "b"] },
      ),
    ],
  },
  {
    name: "a failing delete keeps the rest of its kind",
    actions: [
      up(program(thing("a"), thing("b"), thing("c", { y: "$b.made" }))),
      up(program(), {
        faults: { "delete c": { message: "busy" } },
        fails: true,
        error: "busy",
        effects: ["delete c"],
        names: ["a", "b", "c"],
      }),
      up(program(), { names: [] }),
    ],
  },
  {
    name: "a partly failed create is kept, and completed by an update",
    actions: [
      up(program(thing("a", { x: 1 })), {
        faults: { "create a": { message: "half", partial: { properties: { name: "a", x: 1 }, reasons: ["not up"] } } },
        fails: true,
        error: "not up",
        names: ["a"],
      }),
      up(program(thing("a", { x: 1 })), { effects: ["update a"], names: ["a"] }),
      up(program(thing("a", { x: 1 })), { effects: [] }),
    ],
  },
  {
    name: "a partly failed update keeps the old inputs",
    actions: [
      up(program(thing("a", { x: 1 }))),
      up(program(thing("a", { x: 2 })), {
        faults: {
          "update a": { message: "half", partial: { properties: { name: "a", x: 2 }, reasons: ["not up", "slow"] } },
        },
        fails: true,
        names: ["a"],
      }),
      up(program(thing("a", { x: 2 })), { effects: ["update a"] }),
    ],
  },
  {
    name: "a failing update",
    actions: [
      up(program(thing("a", { x: 1 }))),
      up(program(thing("a", { x: 2 })), { faults: { "update a": { message: "never" } }, fails: true, error: "never" }),
      up(program(thing("a", { x: 2 })), { effects: ["update a"] }),
    ],
  },
  {
    name: "a replacement whose deletion fails is finished by the next run",
    actions: [
      up(program(thing("a", { force: 1 }))),
      up(program(thing("a", { force: 2 })), {
        faults: { "delete a": { message: "busy" } },
        fails: true,
        names: ["a", "a*"],
      }),
      up(program(thing("a", { force: 2 })), { effects: ["delete a"], names: ["a"] }),
    ],
  },
  {
    name: "a replacement whose creation fails after the deletion",
    actions: [
      up(program(thing("a", { swap: 1 }), thing("b", { swap: "$a.id" }))),
      up(program(thing("a", { swap: 2 }), thing("b", { swap: "$a.id" })), {
        faults: { "create a": { message: "no room" } },
        fails: true,
        names: ["a!", "b!"],
      }),
      { op: "preview", program: program(thing("a", { swap: 2 }), thing("b", { swap: "$a.id" })) },
      up(program(thing("a", { swap: 2 }), thing("b", { swap: "$a.id" })), { names: ["a", "b"] }),
    ],
  },
  {
    name: "what was pending replacement and is no longer wanted",
    actions: [
      up(program(thing("a", { swap: 1 }), thing("b", { swap: "$a.id" }))),
      up(program(thing("a", { swap: 2 }), thing("b", { swap: "$a.id" })), {
        faults: { "create b": { message: "no room" } },
        fails: true,
      }),
      up(program(thing("a", { swap: 2 })), { effects: [], names: ["a"] }),
    ],
  },
  {
    name: "check failures stop everything",
    actions: [
      up(program(thing("a"))),
      up(program(thing("a", { x: 2 }), thing("b", { invalid: "too long" }), thing("c")), {
        fails: true,
        error: "property invalid value {too long} has a problem: too long",
        names: ["a"],
      }),
      { op: "preview", program: program(thing("a"), thing("b", { invalid: "too long" })), fails: true },
    ],
  },
];
