import { program, type Scenario, thing, up } from "./scenario.js";

/** What resource options do. */
export const options: Scenario[] = [
  {
    name: "protect stops deletion, and what it needs stays too",
    actions: [
      up(program(thing("a"), thing("b", { y: "$a.made" }, { protect: true }), thing("c"))),
      up(program(), { fails: true, error: "because it is protected", effects: ["delete c"], names: ["a", "b"] }),
      { op: "destroy", fails: true, error: "because it is protected", effects: [], names: ["a", "b"] },
      up(program(thing("a"), thing("b", { y: "$a.made" })), { effects: [], names: ["a", "b"] }),
      { op: "destroy", effects: ["delete b", "delete a"], names: [] },
    ],
  },
  {
    name: "protect stops replacement",
    actions: [
      up(program(thing("a", { force: 1 }, { protect: true }))),
      {
        op: "preview",
        program: program(thing("a", { force: 2 }, { protect: true })),
        fails: true,
        error: "unable to replace resource",
      },
      up(program(thing("a", { force: 2 }, { protect: true })), {
        fails: true,
        error: "unable to replace resource",
        effects: [],
      }),
      up(program(thing("a", { force: 2 })), { effects: ["create a", "delete a"] }),
    ],
  },
  {
    name: "retainOnDelete leaves it alone",
    actions: [
      up(program(thing("a", {}, { retainOnDelete: true }), thing("b"))),
      up(program(thing("b")), { effects: [], names: ["b"] }),
    ],
  },
  {
    name: "deletedWith spares the call",
    actions: [
      up(program(thing("a"), thing("b", {}, { deletedWith: "a" }))),
      { op: "destroy", effects: ["delete a"], names: [] },
    ],
  },
  {
    name: "deletedWith is replaced with it",
    actions: [
      up(program(thing("a", { force: 1 }), thing("b", {}, { deletedWith: "a" }))),
      up(program(thing("a", { force: 2 }), thing("b", {}, { deletedWith: "a" })), {
        effects: ["create a", "create b", "delete a"],
      }),
    ],
  },
  {
    name: "deletedWith of what is deleted before it is replaced",
    actions: [
      up(program(thing("a", { swap: 1 }), thing("b", {}, { deletedWith: "a" }))),
      up(program(thing("a", { swap: 2 }), thing("b", {}, { deletedWith: "a" }))),
    ],
  },
  {
    name: "ignoreChanges",
    actions: [
      up(program(thing("a", { x: 1, o: { p: 1, q: 1 } }))),
      up(program(thing("a", { x: 2, o: { p: 2, q: 1 } }, { ignoreChanges: ["x", "o.p"] })), {
        effects: [],
        changes: { same: 2 },
      }),
      up(program(thing("a", { x: 2, o: { p: 2, q: 2 } }, { ignoreChanges: ["x", "o.p"] })), { effects: ["update a"] }),
    ],
  },
  {
    name: "replaceOnChanges",
    actions: [
      up(program(thing("a", { x: 1, o: { p: 1 } }))),
      up(program(thing("a", { x: 2, o: { p: 1 } }, { replaceOnChanges: ["o.p"] })), { effects: ["update a"] }),
      up(program(thing("a", { x: 2, o: { p: 2 } }, { replaceOnChanges: ["o.p"] })), {
        effects: ["create a", "delete a"],
      }),
    ],
  },
  {
    name: "dependsOn orders creation and deletion",
    actions: [
      up(program(thing("a"), thing("b", {}, { dependsOn: ["a"] }), thing("c", {}, { dependsOn: ["b"] }))),
      { op: "destroy", effects: ["delete c", "delete b", "delete a"], names: [] },
    ],
  },
  {
    name: "components with outputs",
    actions: [
      up({
        resources: [
          { name: "g", component: true },
          thing("a", { x: 1 }, { parent: "g" }),
          { name: "", outputsOf: "g", outputs: { n: "$a.made" } },
          { name: "h", component: true, opts: { parent: "g", protect: true } },
          thing("b", {}, { parent: "h" }),
        ],
        outputs: { of: "$a.made", deep: { list: ["$b.size", 2] } },
      }),
      up({
        resources: [
          { name: "g", component: true },
          thing("a", { x: 1 }, { parent: "g" }),
          { name: "h", component: true, opts: { parent: "g" } },
          thing("b", {}, { parent: "h" }),
        ],
        outputs: {},
      }),
      { op: "destroy", effects: ["delete b", "delete a"], names: [] },
    ],
  },
  {
    name: "replaceOnChanges by pattern",
    actions: [
      up(program(thing("a", { x: 1, o: { p: 1, q: [1, 2] } }))),
      up(program(thing("a", { x: 1, o: { p: 1, q: [1, 3] } }, { replaceOnChanges: ["o.q[*]"] })), {
        effects: ["create a", "delete a"],
      }),
      up(program(thing("a", { x: 2, o: { p: 1, q: [1, 3] } }, { replaceOnChanges: ["*"] })), {
        effects: ["create a", "delete a"],
      }),
    ],
  },
  {
    name: "ignoreChanges of all, and of what isn't there",
    actions: [
      up(program(thing("a", { x: 1, o: { p: 1 } }))),
      up(program(thing("a", { x: 2, o: { p: 2 } }, { ignoreChanges: ["*"] }))),
      up(program(thing("a", { x: 3, z: 1 }, { ignoreChanges: ["z", "o.r[0]"] }))),
    ],
  },
  {
    name: "retainOnDelete on a replacement",
    actions: [
      up(program(thing("a", { force: 1 }, { retainOnDelete: true }))),
      up(program(thing("a", { force: 2 }, { retainOnDelete: true })), { effects: ["create a"], names: ["a"] }),
      up(program(thing("a", { force: 3 })), { effects: ["create a"], names: ["a"] }),
    ],
  },
  {
    name: "deletedWith below a component, and one that is retained",
    actions: [
      up(
        program(
          thing("host"),
          { name: "g", component: true, opts: { deletedWith: "host" } },
          thing("a", {}, { parent: "g" }),
          thing("b", {}, { deletedWith: "host", retainOnDelete: true }),
        ),
      ),
      { op: "destroy", dryRun: true, effects: [] },
      up(program(thing("host")), { effects: ["delete a"] }),
      { op: "destroy", effects: ["delete host"], names: [] },
    ],
  },
  {
    name: "protect by a component, and its preview of a destroy",
    actions: [
      up(program({ name: "g", component: true, opts: { protect: true } }, thing("a", {}, { parent: "g" }), thing("b"))),
      { op: "destroy", dryRun: true, fails: true },
      { op: "destroy", fails: true, names: ["g", "a"] },
      up(program({ name: "g", component: true }, thing("a", {}, { parent: "g" }))),
      { op: "destroy", dryRun: true, effects: [] },
      { op: "destroy", names: [] },
    ],
  },
  {
    name: "delete before replace stops at a protected dependent",
    actions: [
      up(program(thing("a", { swap: 1 }), thing("b", { swap: "$a.id" }, { protect: true }))),
      {
        op: "preview",
        program: program(thing("a", { swap: 2 }), thing("b", { swap: "$a.id" }, { protect: true })),
        fails: true,
      },
      up(program(thing("a", { swap: 2 }), thing("b", { swap: "$a.id" }, { protect: true })), {
        fails: true,
        error: "as part of replacing",
        effects: [],
      }),
    ],
  },
  {
    name: "dependsOn a component means all that is in it",
    actions: [
      up(
        program(
          { name: "g", component: true },
          thing("a", {}, { parent: "g" }),
          thing("b", {}, { parent: "g" }),
          thing("c", {}, { dependsOn: ["g"] }),
        ),
      ),
      { op: "destroy", names: [] },
    ],
  },
  {
    name: "aliases by type, by URN, and in conflict",
    actions: [
      up(program(thing("a"), thing("b"))),
      up(
        program(
          {
            ...thing("a", {}, { aliases: [{ type: "pulumi-nodejs:dynamic/test:Thing" }] }),
            type: "pulumi-nodejs:dynamic/test:Other",
          },
          { ...thing("c", {}, { aliases: ["urn:pulumi:t::fixture::pulumi-nodejs:dynamic/test:Thing::b"] }), as: "b" },
        ),
        { effects: [], names: ["a", "c"] },
      ),
      up(
        program(
          { ...thing("a"), type: "pulumi-nodejs:dynamic/test:Other" },
          { ...thing("c"), as: "b" },
          { ...thing("d", {}, { aliases: [{ name: "c" }] }), as: "b" },
        ),
        { fails: true, names: ["a", "c"] },
      ),
    ],
  },
  {
    name: "a resource moves into a component and is replaced there",
    actions: [
      up(program(thing("a", { force: 1 }), thing("b", { y: "$a.id" }))),
      up(
        program(
          { name: "g", component: true },
          thing("a", { force: 2 }, { parent: "g", aliases: [{ noParent: true }] }),
          thing("b", { y: "$a.id" }),
        ),
      ),
    ],
  },
];
