import { expect, test } from "vitest";
import { makeSecret } from "../../engine/model/properties.js";
import type { DeploymentRequest } from "../../engine/model/types.js";
import type { FixtureProgram } from "./fixture.js";
import { brief, effects, PROGRAM, Stack } from "./harness.js";

function newStack(defaults: Partial<DeploymentRequest> = {}): Stack {
  return new Stack(defaults);
}

const things = (...names: string[]): FixtureProgram => ({ resources: names.map((name) => ({ name })) });

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
