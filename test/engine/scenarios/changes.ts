import { program, type Scenario, thing, up } from "./scenario.js";

/** What comes, changes, is replaced and goes. */
export const changes: Scenario[] = [
  {
    name: "create, same, update, delete",
    actions: [
      { op: "preview", program: program(thing("a", { x: 1 }), thing("b", { y: "$a.made" })), changes: { create: 3 } },
      up(program(thing("a", { x: 1 }), thing("b", { y: "$a.made" })), {
        effects: ["create a", "create b"],
        names: ["a", "b"],
        changes: { create: 3 },
      }),
      up(program(thing("a", { x: 1 }), thing("b", { y: "$a.made" })), { effects: [], changes: { same: 3 } }),
      up(program(thing("a", { x: 2 }), thing("b", { y: "$a.made" })), {
        effects: ["update a"],
        changes: { same: 2, update: 1 },
      }),
      up(program(thing("a", { x: 2 })), { effects: ["delete b"], names: ["a"], changes: { same: 2, delete: 1 } }),
      { op: "destroy", effects: ["delete a"], names: [] },
    ],
  },
  {
    name: "a replacement is created before the old one is deleted",
    actions: [
      up(program(thing("a", { force: 1 }), thing("b", { y: "$a.id" }))),
      { op: "preview", program: program(thing("a", { force: 2 }), thing("b", { y: "$a.id" })), effects: [] },
      up(program(thing("a", { force: 2 }), thing("b", { y: "$a.id" })), {
        effects: ["create a", "update b", "delete a"],
        names: ["a", "b"],
        changes: { same: 1, replace: 1, update: 1 },
      }),
    ],
  },
  {
    name: "delete before replace takes dependents along that can't be updated",
    actions: [
      up(program(thing("a", { swap: 1 }), thing("b", { swap: "$a.id" }), thing("c", { x: "$b.made" }), thing("d"))),
      {
        op: "preview",
        program: program(
          thing("a", { swap: 2 }),
          thing("b", { swap: "$a.id" }),
          thing("c", { x: "$b.made" }),
          thing("d"),
        ),
      },
      up(program(thing("a", { swap: 2 }), thing("b", { swap: "$a.id" }), thing("c", { x: "$b.made" }), thing("d")), {
        effects: ["delete b", "delete a", "create a", "create b"],
        names: ["a", "b", "c", "d"],
        changes: { same: 3, replace: 2 },
      }),
    ],
  },
  {
    name: "delete before replace by option",
    actions: [
      up(program(thing("a", { force: 1 }, { deleteBeforeReplace: true }), thing("b", { y: "$a.id" }))),
      up(program(thing("a", { force: 2 }, { deleteBeforeReplace: true }), thing("b", { y: "$a.id" })), {
        effects: ["delete a", "create a", "update b"],
      }),
    ],
  },
  {
    name: "a dependent deleted for a replacement doesn't come again when the program has dropped it",
    actions: [
      up(program(thing("a", { swap: 1 }), thing("b", { swap: "$a.id" }))),
      up(program(thing("a", { swap: 2 })), { effects: ["delete b", "delete a", "create a"], names: ["a"] }),
    ],
  },
  {
    name: "a new name by alias",
    actions: [
      up(program(thing("a", { x: 1 }), { ...thing("b", { y: "$a.made" }), as: "b" })),
      up(program({ ...thing("z", { x: 1 }, { aliases: [{ name: "a" }] }), as: "a" }, thing("b", { y: "$z.made" })), {
        effects: [],
        names: ["z", "b"],
      }),
      up(program({ ...thing("z", { x: 1 }), as: "a" }, thing("b", { y: "$z.made" })), {
        effects: [],
        names: ["z", "b"],
      }),
    ],
  },
  {
    name: "another parent by alias, with a child",
    actions: [
      up(program({ name: "g", component: true }, thing("a", { x: 1 }), thing("b", {}, { parent: "a" }))),
      up(
        program(
          { name: "g", component: true },
          thing("a", { x: 1 }, { parent: "g", aliases: [{ parent: undefined }] }),
          thing("b", {}, { parent: "a" }),
        ),
        { effects: ["create a", "create b", "delete b", "delete a"] },
      ),
    ],
  },
  {
    name: "a renamed component takes its children along",
    actions: [
      up(program({ name: "g", component: true }, { ...thing("g-a", {}, { parent: "g" }), as: "a" })),
      up(
        program(
          { name: "h", component: true, opts: { aliases: [{ name: "g" }] } },
          { ...thing("h-a", {}, { parent: "h" }), as: "a" },
        ),
        { effects: [], names: ["h", "h-a"] },
      ),
    ],
  },
  {
    name: "no alias: another name is another resource",
    actions: [up(program(thing("a"))), up(program(thing("z")), { effects: ["create z", "delete a"], names: ["z"] })],
  },
];
