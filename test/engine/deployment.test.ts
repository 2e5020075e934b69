import { expect, onTestFinished, test } from "vitest";
import { makeSecret } from "../../engine/properties.js";
import type { DeploymentRequest } from "../../engine/types.js";
import { brief, effects, type FixtureProgram, PROGRAM, Stack } from "./harness.js";

function newStack(defaults: Partial<DeploymentRequest> = {}): Stack {
  const stack = new Stack(defaults);
  onTestFinished(() => stack.close());
  return stack;
}

const things = (...names: string[]): FixtureProgram => ({ resources: names.map((name) => ({ name })) });

test("secrets: plain for the provider, secret in the state, in other resources and in the outputs of the stack", async () => {
  const stack = newStack();
  const program: FixtureProgram = {
    resources: [
      { name: "a", props: { key: "!hush", o: { k: "!deep" } }, opts: { additionalSecretOutputs: ["made"] } },
      { name: "b", props: { of: "$a.made" } },
    ],
    outputs: { made: "$a.made", open: "$b.size" },
  };
  const run = await stack.run("up", program);
  expect(run.calls.find(({ op, name }) => op === "create" && name === "a")!.news).toMatchObject({
    key: "hush",
    o: { k: "deep" },
  });
  const a = stack.resource("a")!;
  expect(a.inputs).toMatchObject({ key: makeSecret("hush"), o: { k: makeSecret("deep") } });
  expect(a.outputs).toMatchObject({
    key: makeSecret("hush"),
    o: { k: makeSecret("deep") },
    made: makeSecret("made-a"),
    size: 1,
  });
  expect(stack.resource("b")!.inputs).toMatchObject({ of: makeSecret("made-a") });
  expect(run.result.outputs).toEqual({ made: makeSecret("made-a"), open: 1 });
  const again = await stack.run("up", program);
  expect([effects(again.calls), again.saves]).toEqual([[], []]);
});

test("a preview hands on unknowns and saves nothing", async () => {
  const stack = newStack();
  const program: FixtureProgram = {
    resources: [{ name: "a" }, { name: "b", props: { of: "$a.made", ref: "$a.id", x: 1 } }],
  };
  const run = await stack.run("preview", program);
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  expect(run.calls.map(({ op, news }) => [op, news])).toEqual([
    ["check", { name: "a" }],
    ["check", { name: "b", of: unknown, ref: unknown, x: 1 }],
  ]);
  expect([run.result.status, run.saves, run.result.changes]).toEqual(["succeeded", [], { create: 3 }]);
});

test("a preview names what would change, by path", async () => {
  const stack = newStack();
  await stack.run("up", {
    resources: [
      { name: "a", props: { o: { p: 1 }, force: 1 } },
      { name: "b", props: { x: 1 } },
    ],
  });
  const run = await stack.run("preview", {
    resources: [
      { name: "a", props: { o: { p: 2, q: 1 }, force: 2 } },
      { name: "b", props: { x: 2 } },
    ],
  });
  const steps = run.events.flatMap((event) => ("resourcePreEvent" in event ? [event.resourcePreEvent] : []));
  expect(steps.every(({ planning }) => planning)).toBe(true);
  expect(steps.map(({ metadata: { op, urn } }) => `${op} ${urn.split("::").pop()}`)).toEqual([
    "same fixture-t",
    "create-replacement a",
    "replace a",
    "update b",
    "delete-replaced a",
  ]);
  const replace = steps.find(({ metadata }) => metadata.op === "replace")!.metadata;
  expect(replace.keys).toEqual(["force"]);
  expect(replace.diffs).toEqual(["force", "o"]);
  expect(replace.detailedDiff).toEqual({
    force: { diffKind: "update", inputDiff: true },
    "o.p": { diffKind: "update", inputDiff: true },
    "o.q": { diffKind: "add", inputDiff: true },
  });
  expect(replace.old!.inputs).toMatchObject({ force: 1 });
  expect(replace.new!.inputs).toMatchObject({ force: 2 });
});

test("the record of what is about to be done is durable before it is done", async () => {
  const stack = newStack();
  const log: string[] = [];
  const run = await stack.run(
    "up",
    things("a"),
    {},
    {
      save: async (snapshot) => {
        const pending = (snapshot.pending_operations ?? []).map(
          ({ type, resource }) => `${type} ${resource.urn.split("::").pop()}`,
        );
        await new Promise((done) => setTimeout(done, 50));
        log.push(pending.join(", ") || "nothing pending");
      },
    },
  );
  expect(run.result.status).toBe("succeeded");
  expect(log).toContain("creating a");
  expect(log.at(-1)).toBe("nothing pending");
  const failing = await stack.run(
    "up",
    things("a"),
    {},
    {
      save: async (snapshot) => {
        if (snapshot.pending_operations?.some(({ resource }) => resource.urn.endsWith("::a")))
          throw new Error("disk full");
      },
    },
  );
  expect([failing.result.status, effects(failing.calls)]).toEqual(["failed", []]);
  expect(failing.told("error").join()).toContain("disk full");
});

test("writes that come together are made together", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `r${i}`);
  const stack = newStack({ parallel: 16 });
  let writing = 0;
  let saves = 0;
  const run = await stack.run(
    "up",
    { ...things(...names), parallel: true },
    {},
    {
      save: async () => {
        expect(writing++, "never two at once").toBe(0);
        await new Promise((done) => setTimeout(done, 30));
        saves++;
        writing--;
      },
    },
  );
  expect([run.result.status, run.result.changes]).toEqual(["succeeded", { create: 41 }]);
  expect(saves).toBeLessThan(40);
});

test("one provider process serves all, and is gone afterwards", async () => {
  const names = Array.from({ length: 20 }, (_, i) => `r${i}`);
  const stack = newStack({ parallel: 16 });
  const run = await stack.run("up", { ...things(...names), parallel: true });
  const pids = new Set(run.calls.map(({ pid }) => pid));
  expect(pids.size).toBe(1);
  expect(() => process.kill([...pids][0]!, 0)).toThrow("ESRCH");
});

test("never more calls at once than allowed", async () => {
  const program = (parallel: boolean): FixtureProgram => ({
    resources: ["a", "b", "c", "d"].map((name) => ({ name, props: { sleep: 300 } })),
    parallel,
  });
  const start = Date.now();
  await newStack({ parallel: 2 }).run("up", program(true));
  expect(Date.now() - start).toBeGreaterThan(600);
});

test("the first Ctrl-C lets running calls finish, starts nothing new and deletes nothing", async () => {
  const stack = newStack();
  await stack.run("up", things("old"));
  const abort = new AbortController();
  const program: FixtureProgram = { resources: [{ name: "a", props: { sleep: 500 } }, { name: "b" }] };
  const run = await stack.run(
    "up",
    program,
    {},
    {
      signal: abort.signal,
      onEvent: (event) => {
        if ("resourcePreEvent" in event && event.resourcePreEvent.metadata.urn.endsWith("::a"))
          setTimeout(() => abort.abort(), 100);
      },
    },
  );
  expect(run.result.status).toBe("canceled");
  expect(effects(run.calls)).toEqual(["create a"]);
  expect(stack.names().sort()).toEqual(["a", "old"]);
  expect(stack.state!.pending_operations).toBeUndefined();
});

test("operations that a killed run has left are told, and those that may have created something are kept", async () => {
  const stack = newStack();
  await stack.run("up", things("a"));
  const [a] = stack.state!.resources.slice(-1);
  const lost = { ...a!, urn: a!.urn.replace("::a", "::lost"), id: undefined };
  stack.state!.pending_operations = [
    { resource: lost, type: "creating" },
    { resource: a!, type: "updating" },
  ];
  const preview = await stack.run("preview", things("a"));
  expect(preview.told("warning")).toEqual([]);
  const run = await stack.run("up", things("a"));
  const [warning] = run.told("warning");
  expect(warning).toContain("with 2 pending operations");
  expect(warning).toContain(`  * ${lost.urn}, interrupted while creating\n`);
  expect(stack.state!.pending_operations!.map(({ type }) => type)).toEqual(["creating"]);
});

test.each([
  ["throws", { throws: "broken" }],
  ["exits badly", { exits: 3 }],
  ["exits half-way with 0", { exits: 0 }],
])("a program that %s deletes nothing", async (_, end) => {
  const stack = newStack();
  await stack.run("up", { ...things("a", "b"), outputs: { kept: "$a.made" } });
  const run = await stack.run("up", { ...things("a"), ...end });
  expect(run.result.status).toBe("failed");
  expect(run.told("error").length).toBeGreaterThan(0);
  expect(effects(run.calls)).toEqual([]);
  expect(stack.names()).toEqual(["a", "b"]);
  expect(run.result.outputs).toEqual({ kept: "made-a" });
});

const USE = "use the Pulumi CLI for this program (`pulumi up`)";

test.each([
  [
    "a plugin",
    { name: "x", type: "aws:s3/bucket:Bucket" },
    "aws:s3/bucket:Bucket needs the plugin of package aws, which the embedded engine doesn't run",
  ],
  ["import", { name: "x", opts: { import: "id-x" } }, "the option `import` is not supported"],
])("%s is refused by name, before anything is done", async (_, resource, text) => {
  const stack = newStack();
  const run = await stack.run("up", { resources: [resource, { name: "later" }] });
  expect([run.result.status, run.calls]).toEqual(["failed", []]);
  expect(run.told("error").join("\n")).toContain(text);
  expect(run.told("error").join("\n")).toContain(USE);
});

test.each([
  [
    "a resource of a plugin",
    (state: Record<string, unknown>) => Object.assign(state, { type: "aws:s3/bucket:Bucket" }),
    "needs the plugin of package aws",
  ],
  ["a key that isn't known", (state: Record<string, unknown>) => Object.assign(state, { viewOf: "x" }), "with viewOf"],
])("a state with %s is refused and left as it is", async (_, change, text) => {
  const stack = newStack();
  await stack.run("up", things("a"));
  change(stack.state!.resources.at(-1)!);
  for (const operation of ["up", "destroy", "refresh"] as const) {
    const run = await stack.run(operation, things("a"));
    expect([run.result.status, run.calls, run.saves]).toEqual(["failed", [], []]);
    expect(run.told("error").join("\n")).toContain(text);
  }
});

test("configuration reaches the program and the provider", async () => {
  const stack = newStack({ config: { "fixture:n": "7", "fixture:pw": "hush" }, secretKeys: ["fixture:pw"] });
  const run = await stack.run("up", { ...things("a"), config: "n", outputs: { n: "$config.value" } });
  expect([run.result.status, run.result.outputs]).toEqual(["succeeded", { n: "7" }]);
  expect(stack.resource("default")!.inputs).toEqual({ "fixture:n": "7", "fixture:pw": makeSecret("hush") });
  expect(run.events[0]).toEqual({ preludeEvent: { config: { "fixture:n": "7", "fixture:pw": "[secret]" } } });
});

test("what program and provider say is told, with the resource that it is about", async () => {
  const stack = newStack();
  const run = await stack.run("up", { ...things("a"), print: "hello", log: "careful", logOn: "a" });
  expect(run.told("info")).toContain("hello");
  const warning = run.events.find(
    (event) => "diagnosticEvent" in event && event.diagnosticEvent.severity === "warning",
  );
  expect(warning).toMatchObject({ diagnosticEvent: { message: "careful", urn: stack.resource("a")!.urn } });
  expect(run.events.slice(-2).map((event) => Object.keys(event)[0])).toEqual(["summaryEvent", "cancelEvent"]);
});

test("the manifest is that of the release which the engine equals", async () => {
  const stack = newStack();
  await stack.run("up", things("a"));
  expect(stack.state!.manifest).toMatchObject({
    version: "v3.248.0",
    magic: "1c72415da0837d6b54e4fd59aa49d86e7a984759e60a944fc9ff1c8042addcfe",
  });
});

test("a folder without the SDK", async () => {
  const project = { name: "fixture", root: "/", options: {} };
  const run = await newStack().run("up", things("a"), {}, { project });
  expect(run.told("error").join()).toContain("It looks like the Pulumi SDK has not been installed");
});

test("`main` may name a folder or a file", async () => {
  for (const main of ["program", "program/index.js"]) {
    const project = { name: "fixture", root: PROGRAM.replace(/\/program$/, ""), main, options: { typescript: false } };
    const run = await newStack().run("up", things("a"), {}, { project });
    expect([run.result.status, brief(run.calls)], main).toEqual(["succeeded", ["check a", "create a"]]);
  }
});
