import { program, type Scenario, thing, up } from "./scenario.js";

/** A stack that refers to itself, so that its own last outputs are what is read. */
const self = (x: number) => ({
  ...program({ name: "ref", stack: "organization/fixture/t" }, thing("a", { x, of: "$ref.open" })),
  outputs: { open: x, hidden: "!deep", again: "$ref.hidden", list: ["$a.made", { s: "!s" }] },
});

/** Stack references. */
export const references: Scenario[] = [
  {
    name: "a stack reference is read in each run, with its secrets",
    actions: [
      up(self(1)),
      { op: "preview", program: self(2) },
      up(self(2), { effects: ["update a"] }),
      up(self(2), { effects: ["update a"] }),
      up(self(2), { effects: [] }),
      { op: "refresh" },
      up(program(thing("a", { x: 2 }))),
      { op: "destroy", names: [] },
    ],
  },
  {
    name: "a destroy with a stack reference",
    actions: [up(self(1)), up(self(1)), { op: "destroy", dryRun: true }, { op: "destroy", names: [] }],
  },
  {
    name: "a reference to a stack that isn't there",
    actions: [
      up(program({ name: "ref", stack: "organization/fixture/none" }), { fails: true, error: "unknown stack" }),
    ],
  },
];
