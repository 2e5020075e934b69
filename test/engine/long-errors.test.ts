import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Operation } from "../../engine/model/types.js";
import { loadSdk, type Sdk } from "../../engine/protocol/sdk.js";
import { EngineServer } from "../../engine/protocol/server.js";
import { DynamicProvider } from "../../engine/providers/dynamic-provider.js";
import { startProvider } from "../../engine/providers/provider-process.js";
import { repositoryRoot } from "../../sandbox/root.js";
import { diagonal } from "../support/size.js";
import type { Faults, FixtureProgram } from "./fixture.js";
import { type Run, Stack } from "./harness.js";

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

const LENGTHS = [1_000, 60_000, 150_000, 10_000_000].map((length) => ({ length }));

it.each(diagonal(CALLS, LENGTHS))(
  "an error of $call of $length characters ends the run and is told as a whole",
  async ({ length, ...each }) => {
    const run = await failing(each, { message: "no go: ", times: Math.ceil(length / 7) }, false);
    const [told] = run.told("error");
    expect(told!.length).toBeGreaterThanOrEqual(length);
    expect(told!.replaceAll("no go: ", "")).toBe("");
  },
);

/** The SDK answers with an error in two ways. */
const WAYS = CALLS.filter(({ call }) => call === "check" || call === "create");

const TEXTS = [
  {
    what: "characters that take nine bytes in a header",
    fault: { message: "\u20ac", times: 20_000 },
    text: /^\u20ac{20000}$/,
  },
  { what: "half a character", fault: { message: "half \ud83d" }, text: /^half \ufffd$/ },
  { what: "no text", fault: { message: "" }, text: /^Error$|has no text/ },
  { what: "undefined", fault: { thrown: null }, text: /null/ },
  { what: "a text that was thrown", fault: { thrown: "just so" }, text: /^just so$|has no text/ },
  { what: "a number of an answer that is well", fault: { code: 0, message: "no go" }, text: /^no go$/ },
];

it.each(diagonal(WAYS, TEXTS))("an error of $call is told with $what", async ({ fault, text, ...each }) => {
  const run = await failing(each, fault, false);
  expect(run.told("error")[0]).toMatch(text);
});

const LOSSES = [
  { loss: "killed", fault: { kill: true }, how: "the process of the dynamic provider has ended (SIGKILL)" },
  { loss: "disconnected", fault: { close: true }, how: "the connection to the dynamic provider has broken" },
  {
    loss: "disconnected, and answers nothing more",
    fault: { close: true, hang: true },
    how: "the connection to the dynamic provider",
  },
];

it.each(diagonal(CALLS, LOSSES))(
  "a provider that is lost in $call ends the run: $loss",
  async ({ fault, how, ...each }) => {
    const run = await failing(each, fault, true);
    expect(run.told("error")[0]).toContain(how);
    expect(run.told("error")[0]).toContain(
      `so nobody knows how far this ${each.call} has come; run the same command again: it looks, and completes it`,
    );
  },
);

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
    const provider = new DynamicProvider(options, startProvider, {});
    const call = provider.check("urn:pulumi:s::p::t::n", {}, {}, false);
    let answered = false;
    call
      .catch(() => {})
      .finally(() => {
        answered = true;
      });
    const failed = expect(call).rejects.toThrow(/the process of the dynamic provider (has )?ended/);
    await sleep(1000);
    expect(answered).toBe(false);
    await provider.close();
    await failed;
    server.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each(["check", "diff", "create", "update", "read", "delete"])(
  "what has a name of its own is told once, without a trace: %s",
  async (op) => {
    const stack = new Stack();
    const made = (x: number): FixtureProgram => ({ resources: [{ name: "a", props: { x } }] });
    const fault = { [`${op} a`]: { name: "LockTaken", message: "the host is taken\nby another run" } };
    if (op !== "create") await stack.run("up", made(1));
    const run = await stack.run(op === "read" ? "refresh" : op === "delete" ? "destroy" : "up", made(2), fault);
    const all = ["error", "info#err", "info"].flatMap((severity) => run.told(severity)).join("\n");
    expect(all.match(/the host is taken/g)).toHaveLength(1);
    expect(all).not.toMatch(/^ +at |LockTaken/m);
  },
);

it("a slip in a provider is shown with where it is", async () => {
  const fault = { name: "TypeError", message: "a slip" };
  const run = await new Stack().run("up", { resources: [{ name: "a" }] }, { "check a": fault });
  const said = run.told("info#err").join("\n");
  expect(said).toMatch(/TypeError: a slip[\s\S]*at .*provider\.js/);
  expect(said).not.toMatch(/^ +at .*(preload|pulumi-hostnet)/m);
});
