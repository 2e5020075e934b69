import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { preloadPath } from "../../engine/preload/preloads.js";
import { repositoryRoot } from "../../sandbox/root.js";
import { halved } from "../support/size.js";

const ALL_LAZY = [
  "@npmcli/arborist",
  "@opentelemetry/exporter-zipkin",
  "@pulumi/pulumi/automation",
  "normalize-package-data",
  "semver",
  "typescript",
];
const LAZY = new RegExp(`^/.*node_modules/(${ALL_LAZY.join("|")})/`);

const IN_PROGRAM = ["plain-errors", "lazy-modules", "nothing-for-debugging", "quick-structs", "no-callbacks"];

/** What a text of JavaScript prints as JSON in a process of its own. */
async function printed(script: string, preloads: string[], env: Record<string, string> = {}): Promise<unknown> {
  return JSON.parse((await run(script, preloads, env)).stdout);
}

function run(script: string, preloads: string[], env: Record<string, string> = {}, args: string[] = []) {
  const before = preloads.map((preload) => `--require=${preloadPath(preload)}`);
  return execa(process.execPath, [...before, "-e", script, ...args], { cwd: repositoryRoot, env });
}

const LOADED = `const loaded = () => [...new Set(Object.keys(require.cache).map((file) => ${LAZY}.exec(file)?.[1]))].filter(Boolean).sort();`;

describe("what the SDK loads for rare uses", () => {
  it("isn't loaded with it", async () => {
    const script = `${LOADED} require("@pulumi/pulumi"); require("@pulumi/pulumi/cmd/run/tracing"); console.log(JSON.stringify(loaded()))`;
    expect(await printed(script, ["lazy-modules"])).toEqual([]);
    // Else the test would look for what no SDK loads.
    expect(await printed(script, [])).toEqual(ALL_LAZY);
  });

  it.each(
    halved([
      ["a function that is serialized", '(await runtime.serializeFunction(() => require("os").EOL)).text'],
      [
        "the packages that a function needs",
        "(process.chdir('engine'), [...(await runtime.computeCodePaths()).keys()].sort())",
      ],
      [
        "an error of what can't be serialized",
        "await runtime.serializeFunction(() => held()).catch((error) => error.message)",
      ],
      ["the Automation API", "[Object.keys(automation).sort(), automation.LocalWorkspace.name]"],
      ["the newest of a package's versions", "versions.map((version) => newest(version))"],
    ]),
  )("serves as it does without: %s", async (_, expression) => {
    const script = `${LOADED} const { automation, runtime } = require("@pulumi/pulumi");
      const held = Math.max.bind(undefined, 1);
      const versions = ["1.2.3", "1.10.0", "1.9.0"];
      for (const version of versions) runtime.registerResourcePackage("lab", { version });
      const newest = (version) => require("@pulumi/pulumi/runtime/rpc").getResourcePackage("lab", version).version;
      (async () => console.log(JSON.stringify([${expression}, loaded().length > 0])))()`;
    const [value, used] = (await printed(script, ["lazy-modules"])) as [string | string[], boolean];
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
    const [value, limit, text] = (await printed(script, ["nothing-for-debugging"])) as [number, boolean, string];
    expect([value, limit]).toEqual([7, true]);
    expect(text).toMatch(/^CONTEXT\(0\): seven\nSTACK_TRACE:\nError\s*$/);
  });

  it("is done when PULUMI_DEBUG_PROMISE_LEAKS asks for it", async () => {
    const env = { PULUMI_DEBUG_PROMISE_LEAKS: "true" };
    const [, , text] = (await printed(script, ["nothing-for-debugging"], env)) as [number, boolean, string];
    expect(text).toContain("at [eval]:5:5");
  });

  it("sends no line that nobody sees", async () => {
    const log = `const { log } = require("@pulumi/pulumi"); console.log(JSON.stringify(String(log.debug).includes("engine")))`;
    expect(await printed(log, ["nothing-for-debugging"])).toBe(false);
    expect(await printed(log, [])).toBe(true);
  });

  it("attaches no debugger before a function is serialized, and knows then where it was written", async () => {
    const where = `const hooks = require("@pulumi/pulumi/runtime/closure/v8Hooks");
      const { Script } = require("node:vm");
      const inspector = require("node:inspector");
      let attached = 0;
      const { connect } = inspector.Session.prototype;
      inspector.Session.prototype.connect = function () { attached++; return connect.call(this); };
      (async () => {
        await hooks.isInitializedAsync();
        const before = attached;
        const text = "(held => () => held())(Math.max.bind(undefined, 1))";
        const written = new Script(text, { filename: "/lab/written.js" }).runInThisContext();
        const { runtime } = require("@pulumi/pulumi");
        const message = await runtime.serializeFunction(written).catch((error) => error.message);
        console.log(JSON.stringify([before, attached, message]));
      })()`;
    const [before, after, message] = (await printed(where, ["nothing-for-debugging"])) as [number, number, string];
    expect([before, after]).toEqual([0, 1]);
    expect(message).toContain("written.js(1,");
    expect(await printed(where, [])).toEqual([1, 1, message]);
  });
});

it("nothing of ours is on the stack of what a program throws", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hostnet-preload-"));
  try {
    // What lies in a folder of this package's name is the program's all the same.
    mkdirSync(join(folder, "pulumi-hostnet"));
    const file = join(folder, "pulumi-hostnet/throws.js");
    const missing = join(folder, "pulumi-hostnet/misses.js");
    writeFileSync(file, "throw new Error('mine')");
    writeFileSync(missing, "require('./nowhere')");
    const script = `require("@pulumi/pulumi"); require("source-map-support/register"); Error.stackTraceLimit = 50;
      const stack = (file) => { try { require(file); } catch (error) { return error.stack; } };
      console.log(JSON.stringify([stack(${JSON.stringify(file)}), stack(${JSON.stringify(missing)})]))`;
    const stacks = await printed(script, IN_PROGRAM);
    expect(stacks).toEqual(await printed(script, []));
    expect(stacks).toEqual([
      expect.stringContaining("throws.js:1"),
      expect.stringContaining("pulumi-hostnet/misses.js:1"),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("a resource's position is the one that the whole stack has first", async () => {
  const script = `const { Resource } = require("@pulumi/pulumi");
    const asked = (skip) => Resource.stackTrace(skip)[0] ?? null;
    const inner = (skip) => asked(skip);
    console.log(JSON.stringify([1, 2, 3, 1000].map((skip) => inner(skip))))`;
  const positions = await printed(script, ["one-frame"]);
  expect(positions).toEqual(await printed(script, []));
  expect(positions).toHaveLength(4);
});
