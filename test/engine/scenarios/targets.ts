import { program, type Scenario, thing, up, urn } from "./scenario.js";

const three = (x: number) =>
  program(
    thing("a", { x }),
    thing("b", { y: "$a.made", x }),
    thing("c", { x }, { dependsOn: ["b"] }),
    thing("d", { x }),
  );

/** Operations on a part of a stack. */
export const targets: Scenario[] = [
  {
    name: "--target updates one and leaves the others",
    actions: [
      up(three(1)),
      { op: "preview", program: three(2), scope: { targets: [urn("b")] }, effects: [] },
      up(three(2), { scope: { targets: [urn("b")] }, effects: ["update b"], names: ["a", "b", "c", "d"] }),
      up(three(2), { effects: ["update a", "update c", "update d"] }),
    ],
  },
  {
    name: "--target with dependents",
    actions: [
      up(three(1)),
      up(three(2), {
        scope: { targets: [urn("a")], targetDependents: true },
        effects: ["update a", "update b", "update c"],
      }),
    ],
  },
  {
    name: "--target by pattern",
    actions: [
      up(three(1)),
      up(three(2), { scope: { targets: ["**::d"] }, effects: ["update d"] }),
      up(three(3), { scope: { targets: ["urn:pulumi:t::*::pulumi-nodejs:*:Thing::a"] }, effects: ["update a"] }),
      up(three(4), { scope: { targets: ["urn:*::a"] }, effects: [] }),
    ],
  },
  {
    name: "--target of what isn't there",
    actions: [
      up(three(1)),
      up(three(2), {
        scope: { targets: [urn("z")] },
        fails: true,
        error: "could not be found in the stack",
        effects: [],
      }),
      { op: "refresh", scope: { targets: [urn("z"), urn("a")] }, fails: true },
      { op: "destroy", scope: { targets: [urn("z")] }, fails: true, names: ["a", "b", "c", "d"] },
    ],
  },
  {
    name: "what is no target isn't created, and who needs it isn't either",
    actions: [
      up(program(thing("a"))),
      up(program(thing("a"), thing("n"), thing("m", { y: "$n.made" })), {
        scope: { targets: [urn("a")] },
        effects: [],
        names: ["a"],
      }),
      {
        op: "preview",
        program: program(thing("a"), thing("n"), thing("m", { y: 1 }, { dependsOn: ["n"] })),
        scope: { targets: [urn("m")] },
        fails: true,
      },
      up(program(thing("a"), thing("n"), thing("m", { y: 1 }, { dependsOn: ["n"] })), {
        scope: { targets: [urn("m")] },
        fails: true,
        error: "which was was not specified in --target list",
        names: ["a"],
      }),
      up(program(thing("a"), thing("n"), thing("m", { y: 1 }, { dependsOn: ["n"] })), {
        scope: { targets: [urn("n")], targetDependents: true },
        names: ["a", "n", "m"],
      }),
    ],
  },
  {
    name: "what is no target stays though the program has dropped it",
    actions: [
      up(three(1)),
      up(program(thing("b", { x: 2 }), thing("d", { x: 2 })), {
        scope: { targets: [urn("d")] },
        effects: ["update d"],
        names: ["a", "b", "d", "c"],
      }),
      up(program(thing("d", { x: 3 })), { scope: { targets: [urn("c")] }, effects: ["delete c"] }),
      up(program(thing("d", { x: 3 })), { effects: ["update d", "delete b", "delete a"], names: ["d"] }),
    ],
  },
  {
    name: "components and --target",
    actions: [
      up(program({ name: "g", component: true }, thing("a", { x: 1 }, { parent: "g" }), thing("b", { x: 1 }))),
      up(program({ name: "g", component: true }, thing("a", { x: 2 }, { parent: "g" }), thing("b", { x: 2 })), {
        scope: { targets: [urn("a", "test:index:Group$")] },
        effects: ["update a"],
      }),
      up(program({ name: "g", component: true }, thing("a", { x: 3 }, { parent: "g" }), thing("b", { x: 3 })), {
        scope: { targets: ["urn:pulumi:t::fixture::test:index:Group::g"], targetDependents: true },
        effects: ["update a"],
      }),
    ],
  },
  {
    name: "--exclude leaves one out, and with dependents those too",
    actions: [
      up(three(1)),
      up(three(2), { scope: { excludes: [urn("b")] }, effects: ["update a", "update c", "update d"] }),
      up(three(3), { scope: { excludes: [urn("a")], excludeDependents: true }, effects: ["update d"] }),
      { op: "destroy", scope: { excludes: [urn("b")] }, names: ["a", "b"] },
    ],
  },
  {
    name: "destroy of a target needs its dependents to be asked for",
    actions: [
      up(three(1)),
      { op: "destroy", dryRun: true, scope: { targets: [urn("b")] }, fails: true },
      {
        op: "destroy",
        scope: { targets: [urn("b")] },
        fails: true,
        error: "will be destroyed but was not specified in --target list",
        effects: [],
        names: ["a", "b", "c", "d"],
      },
      { op: "destroy", scope: { targets: [urn("c")] }, effects: ["delete c"], names: ["a", "b", "d"] },
      { op: "destroy", scope: { targets: [urn("a")], targetDependents: true }, effects: ["delete b", "delete a"] },
      { op: "destroy", names: [] },
    ],
  },
  {
    name: "refresh of a target",
    actions: [
      up(three(1)),
      {
        op: "refresh",
        scope: { targets: [urn("a")] },
        faults: { "answer a": { size: 7 }, "answer d": "gone" },
        names: ["a", "b", "c", "d"],
      },
      {
        op: "refresh",
        scope: { targets: [urn("b")], targetDependents: true },
        faults: { "answer b": "gone", "answer c": { size: 8 } },
      },
      up(three(1), { refresh: true, scope: { targets: [urn("d")] }, faults: { "answer d": "gone" } }),
    ],
  },
  {
    name: "--replace replaces what hasn't changed",
    actions: [
      up(three(1)),
      { op: "preview", program: three(1), scope: { replaces: [urn("b")] } },
      up(three(1), { scope: { replaces: [urn("b")] }, effects: ["create b", "delete b"] }),
      up(three(2), { scope: { targets: [urn("a")], replaces: [urn("a")] }, effects: ["create a", "delete a"] }),
      up(three(2), { scope: { replaces: [urn("z")] }, fails: true }),
    ],
  },
];
