import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { LAZY_MODULES, NOTHING_FOR_DEBUGGING } from "../../engine/preload.js";
import { repositoryRoot } from "../../sandbox/root.js";

const LAZY = /node_modules\/(typescript|@npmcli\/arborist|normalize-package-data|@opentelemetry\/exporter-zipkin)\//;

/** What a text of JavaScript prints as JSON in a process of its own. */
async function printed(script: string, preloads: string[], env: Record<string, string> = {}): Promise<unknown> {
  const imports = preloads.flatMap((preload) => ["--import", preload]);
  const { stdout } = await execa(process.execPath, [...imports, "-e", script], { cwd: repositoryRoot, env });
  return JSON.parse(stdout);
}

const LOADED = `const loaded = () => [...new Set(Object.keys(require.cache).map((file) => ${LAZY}.exec(file)?.[1]))].filter(Boolean).sort();`;

describe("what the SDK loads for rare uses", () => {
  it("isn't loaded with it", async () => {
    const script = `${LOADED} require("@pulumi/pulumi"); require("@pulumi/pulumi/cmd/run/tracing"); console.log(JSON.stringify(loaded()))`;
    expect(await printed(script, [LAZY_MODULES])).toEqual([]);
    // Else the test would look for what no SDK loads.
    const all = ["@npmcli/arborist", "@opentelemetry/exporter-zipkin", "normalize-package-data", "typescript"];
    expect(await printed(script, [])).toEqual(all);
  });

  it.each([
    ["a function that is serialized", '(await runtime.serializeFunction(() => require("os").EOL)).text'],
    ["the packages that a function needs", "[...(await runtime.computeCodePaths()).keys()].sort()"],
    [
      "an error of what can't be serialized",
      "await runtime.serializeFunction(() => held()).catch((error) => error.message)",
    ],
  ])("serves as it does without: %s", async (_, expression) => {
    const script = `${LOADED} const { runtime } = require("@pulumi/pulumi");
      const held = Math.max.bind(undefined, 1);
      (async () => console.log(JSON.stringify([${expression}, loaded().length > 0])))()`;
    const [value, used] = (await printed(script, [LAZY_MODULES])) as [string | string[], boolean];
    expect([value, used]).toEqual(await printed(script, []));
    expect([value.length > 0, used]).toEqual([true, true]);
  });
});

describe("what the SDK does for who debugs it", () => {
  const script = `const { debuggablePromise } = require("@pulumi/pulumi/runtime/debuggable");
    const { promiseDebugString } = require("@pulumi/pulumi/runtime/debuggable");
    const limit = Error.stackTraceLimit;
    const promise = Promise.resolve(7);
    debuggablePromise(promise, "seven").then((value) =>
      console.log(JSON.stringify([value, Error.stackTraceLimit === limit, promiseDebugString(promise)])));`;

  it("isn't done for each promise, which stays what it is", async () => {
    const [value, limit, text] = (await printed(script, [NOTHING_FOR_DEBUGGING])) as [number, boolean, string];
    expect([value, limit]).toEqual([7, true]);
    expect(text).toMatch(/^CONTEXT\(0\): seven\nSTACK_TRACE:\nError\s*$/);
  });

  it("is done when PULUMI_DEBUG_PROMISE_LEAKS asks for it", async () => {
    const env = { PULUMI_DEBUG_PROMISE_LEAKS: "true" };
    const [, , text] = (await printed(script, [NOTHING_FOR_DEBUGGING], env)) as [number, boolean, string];
    expect(text).toContain("at [eval]:5:5");
  });

  it("sends no line that nobody sees", async () => {
    const log = `const { log } = require("@pulumi/pulumi"); console.log(JSON.stringify(String(log.debug).includes("engine")))`;
    expect(await printed(log, [NOTHING_FOR_DEBUGGING])).toBe(false);
    expect(await printed(log, [])).toBe(true);
  });
});
