import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { DynamicProvider } from "../../engine/provider.js";
import { startProvider } from "../../engine/provider-process.js";
import { loadSdk, type Sdk } from "../../engine/sdk.js";
import { EngineServer } from "../../engine/server.js";
import type { Operation } from "../../engine/types.js";
import { repositoryRoot } from "../../sandbox/root.js";
import { type Faults, type FixtureProgram, type Run, Stack } from "./harness.js";

const program = (...sizes: number[]): FixtureProgram => ({
  resources: [{ name: "a" }, ...sizes.map((size) => ({ name: "x", props: { size } }))],
});

/**
 * How each call of the provider comes about for `x`: by which operation and program, after which
 * other program.
 */
const CALLS: { call: string; before: FixtureProgram; operation: Operation; now: FixtureProgram }[] = [
  { call: "check", before: program(), operation: "up", now: program(1) },
  { call: "create", before: program(), operation: "up", now: program(1) },
  { call: "diff", before: program(1), operation: "up", now: program(2) },
  { call: "update", before: program(1), operation: "up", now: program(2) },
  { call: "read", before: program(1), operation: "refresh", now: program(1) },
  { call: "delete", before: program(1), operation: "up", now: program() },
];

/**
 * Has the provider fail in one call of a run. The run has to end, with an error; what was in the
 * state has to be there still, and the same run without the failure has to complete it.
 */
async function failing(
  { call, before, operation, now }: (typeof CALLS)[number],
  fault: unknown,
  processes: boolean,
): Promise<Run> {
  const kept = new Stack({}, false);
  await kept.run("up", before);
  const names = kept.names();
  const stack = new Stack({}, processes);
  stack.state = kept.state;
  const faults: Faults = { [`${call} x`]: fault };
  const run = await stack.run(operation, now, faults);
  expect(run.result.status).toBe("failed");
  expect(stack.names()).toEqual(names);
  kept.state = stack.state;
  expect((await kept.run("up", now)).result.status).toBe("succeeded");
  expect(kept.names()).toEqual(now.resources!.map(({ name }) => name));
  expect((await kept.run("destroy")).result.status).toBe("succeeded");
  expect(kept.names()).toEqual([]);
  return run;
}

describe.each(CALLS)("an error of $call ends the run and is told as a whole", (each) => {
  it.each([1_000, 60_000, 150_000, 10_000_000])("of %i characters", async (length) => {
    const run = await failing(each, { message: "no go: ", times: Math.ceil(length / 7) }, false);
    const [told] = run.told("error");
    expect(told!.length).toBeGreaterThanOrEqual(length);
    expect(told!.replaceAll("no go: ", "")).toBe("");
  });
});

/** The SDK answers with an error in two ways. */
const WAYS = CALLS.filter(({ call }) => call === "check" || call === "create");

describe.each(WAYS)("an error of $call is told", (each) => {
  it.each([
    ["characters that take nine bytes in a header", { message: "\u20ac", times: 20_000 }, /^\u20ac{20000}$/],
    ["half a character", { message: "half \ud83d" }, /^half \ufffd$/],
    ["no text", { message: "" }, /^Error$|has no text/],
    ["undefined", { thrown: null }, /null/],
    ["a text that was thrown", { thrown: "just so" }, /^just so$|has no text/],
    ["a number of an answer that is well", { code: 0, message: "no go" }, /^no go$/],
  ])("with %s", async (_, fault, text) => {
    const run = await failing(each, fault, false);
    expect(run.told("error")[0]).toMatch(text);
  });
});

describe.each(CALLS)("a provider that is lost in $call ends the run", (each) => {
  const unknown = `so nobody knows how far this ${each.call} has come; run the same command again: it looks, and completes it`;

  it.each([
    ["killed", { kill: true }, "the process of the dynamic provider has ended (SIGKILL)"],
    ["disconnected", { close: true }, "the connection to the dynamic provider has broken"],
    ["disconnected, and answers nothing more", { close: true, hang: true }, "the connection to the dynamic provider"],
  ])("%s", async (_, fault, how) => {
    const run = await failing(each, fault, true);
    expect(run.told("error")[0]).toContain(how);
    expect(run.told("error")[0]).toContain(unknown);
  });
});

it.each(["create", "update"])("what a %s has made in part is kept, however much it is", async (call) => {
  const stack = new Stack({}, false);
  if (call === "update") await stack.run("up", program(1));
  const properties = { name: "x", made: "m".repeat(300_000) };
  const reasons = ["not ready", "r".repeat(100_000)];
  const run = await stack.run("up", program(2), {
    [`${call} x`]: { message: "partly", partial: { properties, reasons } },
  });
  expect(run.result.status).toBe("failed");
  expect(stack.resource("x")).toMatchObject({ outputs: properties, initErrors: reasons });
  expect((await stack.run("up", program(2))).result.status).toBe("succeeded");
  await stack.run("destroy");
});

/**
 * Provider processes that are there and answer nothing; they don't even end when they are asked to.
 */
const DEAF = {
  "never listens": () => "setInterval(() => {}, 1000);",
  "listens and never answers": ({ grpc, folder }: Sdk) => `
    const { Server, ServerCredentials } = require(${JSON.stringify(grpc)});
    const { ResourceProviderService } = require(${JSON.stringify(join(folder, "proto/provider_grpc_pb"))});
    const server = new Server();
    server.addService(ResourceProviderService, { configure() {} });
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, port) => console.log(port));`,
};

it.each(Object.entries(DEAF))("a call of a provider that %s fails once that is told to end", async (_, script) => {
  const folder = mkdtempSync(join(tmpdir(), "hostnet-deaf-"));
  try {
    const sdk = { ...loadSdk(repositoryRoot), providerScript: join(folder, "provider.js") };
    writeFileSync(sdk.providerScript, `process.on("SIGTERM", () => {});${script(sdk)}`);
    const server = new EngineServer(sdk, {}, {});
    await server.listen();
    const options = {
      sdk,
      cwd: folder,
      project: "p",
      env: process.env,
      engine: () => server.address,
      onLine: () => {},
    };
    const provider = new DynamicProvider(options, startProvider);
    const call = provider.check("urn:pulumi:s::p::t::n", {}, {}, false);
    const failed = expect(call).rejects.toThrow(/the process of the dynamic provider (has )?ended/);
    await sleep(1000);
    await provider.close();
    await failed;
    server.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
