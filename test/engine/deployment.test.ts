import { expect, test } from "vitest";
import { makeSecret } from "../../engine/model/properties.js";
import type { DeploymentRequest } from "../../engine/model/types.js";
import type { FixtureProgram } from "./fixture.js";
import { effects, Stack } from "./harness.js";

function newStack(defaults: Partial<DeploymentRequest> = {}): Stack {
  return new Stack(defaults);
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

test("what an earlier run deleted for its replacement is not deleted again (pulumi/pulumi#24588)", async () => {
  const stack = newStack();
  const at = (swap: number): FixtureProgram => ({
    resources: [
      { name: "c", props: { swap } },
      { name: "f", props: {}, opts: { replaceWith: ["c"] } },
    ],
  });
  await stack.run("up", at(0));
  await stack.run("up", at(1), { "create f": { message: "no room" } });
  expect(stack.names()).toEqual(["c", "f!"]);
  const run = await stack.run("up", at(1));
  expect(effects(run.calls)).toEqual(["create f"]);
  expect(stack.names()).toEqual(["c", "f"]);
});
