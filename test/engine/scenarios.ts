import type { Operation } from "../../engine/types.js";
import type { Faults, FixtureProgram, FixtureResource } from "./harness.js";

/** One operation of a scenario, and what is to come of it. */
export interface Action {
  op: Operation;
  program?: FixtureProgram;
  faults?: Faults;
  refresh?: boolean;
  /** Calls that change something, in order; with `+` in front where only their set is fixed. */
  effects?: string[];
  /** What the state holds afterwards; `*` marks what is to be deleted, `!` what is to be replaced. */
  names?: string[];
  fails?: boolean;
  /** A part of an error's text. */
  error?: string;
  changes?: Record<string, number>;
}

export interface Scenario {
  name: string;
  actions: Action[];
}

const thing = (
  name: string,
  props: Record<string, unknown> = {},
  opts: Record<string, unknown> = {},
): FixtureResource => ({
  name,
  props,
  opts,
});
const program = (...resources: FixtureResource[]): FixtureProgram => ({ resources });
const up = (of: FixtureProgram, rest: Partial<Action> = {}): Action => ({ op: "up", program: of, ...rest });

/** What both engines must do alike. */
export const SCENARIOS: Scenario[] = [
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
  {
    name: "refresh finds what has changed and what is gone",
    actions: [
      up(program(thing("a", { x: 1 }), thing("b", { y: "$a.made" }), thing("c", {}, { dependsOn: ["b"] }))),
      { op: "refresh", faults: { "answer b": "gone", "answer a": { size: 7 } }, names: ["a", "c"] },
      { op: "refresh", names: ["a", "c"] },
      up(program(thing("a", { x: 1 }), thing("b", { y: "$a.made" }), thing("c", {}, { dependsOn: ["b"] })), {
        effects: ["create b"],
      }),
    ],
  },
  {
    name: "refresh goes on after a failing read",
    actions: [
      up(program(thing("a"), thing("b"), thing("c"))),
      {
        op: "refresh",
        faults: { "read a": { message: "away" }, "answer c": { size: 9 } },
        fails: true,
        error: "away",
        names: ["a", "b", "c"],
      },
    ],
  },
  {
    name: "up with refresh heals",
    actions: [
      up(program(thing("a", { x: 1 }), thing("b", { y: "$a.made" }))),
      {
        op: "preview",
        refresh: true,
        program: program(thing("a", { x: 1 }), thing("b", { y: "$a.made" })),
        faults: { "answer b": "gone" },
      },
      up(program(thing("a", { x: 1 }), thing("b", { y: "$a.made" })), {
        refresh: true,
        faults: { "answer b": "gone" },
        effects: ["create b"],
      }),
      { op: "destroy", refresh: true, faults: { "answer b": "gone" }, effects: ["delete a"], names: [] },
    ],
  },
  {
    name: "drift that diff reports is mended",
    actions: [
      up(program(thing("a", { x: 1 }))),
      { op: "refresh", faults: { "answer a": { drift: "yes" } } },
      up(program(thing("a", { x: 1 })), { effects: ["update a"], changes: { same: 1, update: 1 } }),
    ],
  },
  {
    name: "two of one name",
    actions: [up(program(thing("a"), thing("b"), thing("a")), { fails: true, error: "Duplicate resource URN" })],
  },
  {
    name: "replaceWith",
    actions: [
      up(program(thing("a", { force: 1 }), thing("b", {}, { replaceWith: ["a"] }))),
      up(program(thing("a", { force: 2 }), thing("b", {}, { replaceWith: ["a"] }))),
    ],
  },
  {
    name: "replacementTrigger",
    actions: [
      up(program(thing("a", {}, { replacementTrigger: 1 }))),
      up(program(thing("a", {}, { replacementTrigger: 1 })), { effects: [] }),
      up(program(thing("a", {}, { replacementTrigger: 2 })), { effects: ["create a", "delete a"] }),
    ],
  },
  {
    name: "customTimeouts, options that only stand in the state",
    actions: [
      up(
        program(
          thing("a", { x: [1, { y: null }] }, { customTimeouts: { create: "1m30s", update: "2h", delete: "500ms" } }),
        ),
      ),
      up(program(thing("a", { x: [1, { y: 1 }] }, { protect: true, retainOnDelete: true })), { effects: ["update a"] }),
      up(program(thing("a", { x: [1, { y: 1 }] })), { effects: [] }),
    ],
  },
];
