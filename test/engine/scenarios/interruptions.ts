import { PROVIDER, program, type Scenario, thing, up } from "./scenario.js";

const two = program(thing("a", { x: 1 }), thing("b", { y: "$a.made" }));

/** What a killed run has left, and providers that end in the middle of a call. */
export const interruptions: Scenario[] = [
  {
    name: "pending operations are told of; creating ones stay until a refresh",
    actions: [
      up(two),
      up(two, {
        interrupted: [
          { name: "b", type: "creating" },
          { name: "a", type: "updating" },
        ],
        effects: ["create b"],
      }),
      up(two, { effects: [] }),
      { op: "refresh" },
      { op: "destroy", interrupted: [{ name: "b", type: "deleting" }], names: [] },
    ],
  },
  {
    name: "a create that fails after its effect is made again",
    actions: [
      up(two, { faults: { "create b": { message: "lost", after: true } }, fails: true, names: ["a"] }),
      up(two, { effects: ["create b"], names: ["a", "b"] }),
    ],
  },
  {
    name: "an update and a delete that fail after their effect are made again",
    actions: [
      up(two),
      up(program(thing("a", { x: 2 }), thing("b", { y: "$a.made" })), {
        faults: { "update a": { message: "lost", after: true } },
        fails: true,
      }),
      up(program(thing("a", { x: 2 }), thing("b", { y: "$a.made" })), { effects: ["update a"] }),
      { op: "destroy", faults: { "delete b": { message: "lost", after: true } }, fails: true, names: ["a", "b"] },
      { op: "destroy", effects: ["delete b", "delete a"], names: [] },
    ],
  },
  {
    name: "errors of check and diff",
    actions: [
      up(two),
      up(program(thing("a", { x: 2 }), thing("b", { y: "$a.made" })), {
        faults: { "diff a": { message: "no answer" } },
        fails: true,
        error: "no answer",
      }),
      up(program(thing("a", { x: 2 }), thing("b", { y: "$a.made" })), {
        faults: { "check b": { message: "not now" } },
        fails: true,
        error: "not now",
        effects: ["update a"],
      }),
    ],
  },
  {
    name: "a partly failed create that is replaced, and one that is no longer wanted",
    actions: [
      up(program(thing("a", { force: 1 }), thing("b")), {
        faults: {
          "create a": {
            message: "half",
            partial: { properties: { name: "a", force: 1, ...PROVIDER }, reasons: ["not up"] },
          },
        },
        fails: true,
        names: ["a"],
      }),
      up(program(thing("a", { force: 2 }), thing("b")), { effects: ["create a", "create b", "delete a"] }),
      up(program(thing("a", { force: 2 }), thing("b", { x: 1 })), {
        faults: {
          "update b": { message: "half", partial: { properties: { name: "b", ...PROVIDER }, reasons: ["slow"] } },
        },
        fails: true,
      }),
      up(program(thing("a", { force: 2 })), { effects: ["delete b"], names: ["a"] }),
    ],
  },
  {
    name: "replaceOnChanges of a failed initialisation",
    actions: [
      up(program(thing("a")), {
        faults: {
          "create a": { message: "half", partial: { properties: { name: "a", ...PROVIDER }, reasons: ["not up"] } },
        },
        fails: true,
      }),
      up(program(thing("a", {}, { replaceOnChanges: ["#initerror"] })), { names: ["a"] }),
    ],
  },
  {
    name: "destroy goes on where it can",
    actions: [
      up(program(thing("a"), thing("b", {}, { dependsOn: ["a"] }), thing("c"), thing("d", {}, { dependsOn: ["c"] }))),
      { op: "destroy", faults: { "delete d": { message: "busy" } }, fails: true },
      { op: "destroy", names: [] },
    ],
  },
];
