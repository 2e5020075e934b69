import { program, type Scenario, thing, up } from "./scenario.js";

/** What a refresh finds, and what stands in the state alone. */
export const refresh: Scenario[] = [
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
  {
    name: "refresh of a parent that is gone",
    actions: [
      up(program(thing("a"), thing("b", {}, { parent: "a" }), thing("c", {}, { parent: "b", deletedWith: "a" }))),
      { op: "refresh", faults: { "answer a": "gone" }, names: ["b", "c"] },
      up(program(thing("a"), thing("b", {}, { parent: "a" }), thing("c", {}, { parent: "b", deletedWith: "a" }))),
    ],
  },
  {
    name: "the preview of a refresh changes nothing",
    actions: [
      up(program(thing("a", { x: 1 }), thing("b", { y: "$a.made" }))),
      { op: "refresh", dryRun: true, faults: { "answer b": "gone", "answer a": { x: 2, size: 7 } }, names: ["a", "b"] },
      { op: "refresh", dryRun: true, faults: { "read b": { message: "away" } }, fails: true },
      { op: "refresh", faults: { "answer b": "gone", "answer a": { x: 2, size: 7 } }, names: ["a"] },
    ],
  },
  {
    name: "a refresh that finds a resource unwell",
    actions: [
      up(program(thing("a"), thing("b"))),
      {
        op: "refresh",
        faults: { "read a": { message: "half", partial: { properties: { name: "a" }, reasons: ["not up"] } } },
        fails: true,
      },
      { op: "refresh" },
      up(program(thing("a"), thing("b"))),
    ],
  },
  {
    name: "destroy with refresh, drift and gone resources at once",
    actions: [
      up(program(thing("a"), thing("b", { y: "$a.made" }), thing("c", {}, { parent: "b" }))),
      {
        op: "destroy",
        refresh: true,
        faults: { "answer b": "gone", "answer a": { size: 7 } },
        names: [],
      },
    ],
  },
];
