import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Preload, preloadPath } from "../../engine/preload/preloads.js";
import type { ServesOn } from "../../engine/preload/serves-on.cjs";
import { Child } from "../../engine/program/child.js";
import { loadSdk } from "../../engine/protocol/sdk.js";
import { repositoryRoot } from "../../sandbox/root.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hostnet-processes-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Prints what each process that it can start sees: Node's arguments, and what it is told. */
const SCRIPT = `
const { fork, spawn } = require("node:child_process");
const { isMainThread, Worker } = require("node:worker_threads");
const told = Object.keys(process.env).filter((key) => key.startsWith("PRELOAD_"));
if (!isMainThread || process.argv[2]) console.log(JSON.stringify([process.argv[2] ?? "worker", told]));
else {
  console.log(JSON.stringify(["itself", told]));
  console.log(JSON.stringify(["arguments", process.execArgv]));
  const started = [
    new Worker(__filename),
    fork(__filename, ["forked"]),
    spawn(process.execPath, [__filename, "spawned"], { stdio: "inherit" }),
  ];
  for (const each of started) each.on("exit", (code) => console.log(JSON.stringify(["exit code", code])));
}`;

const names = (...each: string[]): Preload[] => each.map((name) => ({ name }));

const servesOn = (): Preload => {
  const settings: ServesOn = { socket: join(folder, "own/s"), grpc: loadSdk(repositoryRoot).grpc };
  return { name: "serves-on", settings };
};

it.each([
  ["a program", () => names("plain-errors", "lazy-modules", "nothing-for-debugging", "quick-structs", "no-callbacks")],
  ["a provider", () => [...names("lazy-modules", "quick-structs"), servesOn()]],
])("what %s starts runs, and hears nothing of the engine; its own arguments can be read", async (_, preloads) => {
  const script = join(folder, "script.js");
  writeFileSync(script, SCRIPT);
  const lines: string[] = [];
  const child = new Child({
    preloads: preloads(),
    args: [script],
    orphanGraceMs: 0,
    folders: [join(folder, "engine")],
    cwd: folder,
    env: process.env,
    onLine: (line) => lines.push(line),
  });
  expect(await child.ended).toEqual({ code: 0, signal: null });
  const said = lines.map((line) => JSON.parse(line) as [string, string[]]);
  const loaded = [{ name: "end-with-parent" }, ...preloads()].map(({ name }) => `--require=${preloadPath(name)}`);
  expect(said.sort()).toEqual(
    [
      ["arguments", loaded],
      ...[0, 0, 0].map((code) => ["exit code", code]),
      ...["forked", "itself", "spawned", "worker"].map((process) => [process, []]),
    ].sort(),
  );
});

it("a preload that isn't there is named, with the cure", () => {
  expect(() => preloadPath("nowhere")).toThrow(/^the file nowhere\.cjs isn't in \/.*: install .*npm run build/);
});
