import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HOSTNET } from "../../bin/distribution.js";
import { newPrivateSocket, type PrivateSocket } from "../../engine/protocol/private-socket.js";
import { repositoryRoot } from "../../sandbox/root.js";
import { PROGRAM, prepare, readCalls } from "./surroundings.js";

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "hostnet-place-"));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const isRoot = process.getuid!() === 0;
const nobody = 65_534;

const inPlace = () => readdirSync(place);

function folder(name: string, mode = 0o700): string {
  const path = join(place, name);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds() && tries < 300; tries++) await sleep(100);
  expect(holds()).toBe(true);
}

it("a socket lies in a folder that is this user's alone, under a name that nobody knows before", () => {
  const sockets = [newPrivateSocket([place]), newPrivateSocket([place])];
  expect(new Set(sockets.map(({ path }) => path)).size).toBe(2);
  for (const socket of sockets) {
    socket.makeFolder();
    expect(statSync(socket.folder).mode & 0o777).toBe(0o700);
    expect(statSync(socket.folder).uid).toBe(process.getuid!());
    expect(() => socket.makeFolder()).toThrow(/EEXIST/);
    socket.remove();
  }
  expect(inPlace()).toEqual([]);
});

/** What is wrong with a place, how that comes to be, and what is said of it. */
type Case = [title: string, make: () => string, reason: RegExp];

describe("a place is passed over", () => {
  const theirs: Case = [
    "of another user",
    () => {
      chownSync(folder("theirs"), nobody, nobody);
      return join(place, "theirs");
    },
    /theirs belongs to user 65534/,
  ];
  const cases: Case[] = [
    ["that is too long for a socket", () => folder("l".repeat(100)), /bytes long, and a socket's path at most 107/],
    ["to which others may write", () => folder("open", 0o777), /others may write to .*\/open/],
    [
      "above which others may write",
      () => {
        folder("open", 0o777);
        return folder("open/mine");
      },
      /others may write to .*\/open/,
    ],
    ["that isn't there", () => join(place, "missing"), /missing: there is no such file or folder \(ENOENT\)/],
    ...(isRoot ? [theirs] : []),
  ];
  it.each(cases)("%s, with the reason and the cure when there is no other", (_, make, reason) => {
    const bad = make();
    expect(newPrivateSocket([bad, place]).path).toMatch(new RegExp(`^${place}/engine-socket-[\\w-]+/s$`));
    expect(() => newPrivateSocket([bad])).toThrow(reason);
    expect(() => newPrivateSocket([bad])).toThrow(/Set TMPDIR to a folder of yours .*at most \d+ bytes/);
  });

  it("but not one that is sticky, as /tmp is", () => {
    const sticky = folder("sticky", 0o1777);
    expect(newPrivateSocket([sticky]).path).toContain(sticky);
  });
});

it("what killed runs have left goes with the next run, and nothing else", async () => {
  const old = new Date(Date.now() - 60_000);
  const make = () => {
    const socket = newPrivateSocket([place]);
    socket.makeFolder();
    return socket;
  };
  const age = ({ folder }: PrivateSocket) => utimesSync(folder, old, old);
  const [dead, empty, young, served] = [make(), make(), make(), make()];
  const stranger = folder("engine-sockets");
  utimesSync(stranger, old, old);
  const server = createServer().listen(served.path);
  // The socket of a killed process stays.
  const killed = spawn(process.execPath, ["-e", `require("net").createServer().listen("${dead.path}")`]);
  await until(() => readdirSync(dead.folder).length === 1 && readdirSync(served.folder).length === 1);
  killed.kill("SIGKILL");
  await new Promise((resolve) => killed.once("exit", resolve));
  for (const each of [dead, empty, served]) age(each);
  newPrivateSocket([place]);
  await until(() => inPlace().length === 3);
  await sleep(200);
  const left = [young, served].map(({ folder }) => folder.slice(place.length + 1));
  expect(inPlace().sort()).toEqual([...left, "engine-sockets"].sort());
  server.close();
});

/** A run whose provider is busy for a while; its files go where the test looks. */
async function busyRun(): Promise<ChildProcess> {
  prepare({ resources: [{ name: "a", props: { sleep: 3000 } }] }, {});
  const script = `
    const { deploy } = await import(${JSON.stringify(join(repositoryRoot, "dist/engine/bundle/index.js"))});
    const { status } = await deploy({
      distribution: ${JSON.stringify({ ...HOSTNET, packages: {} })}, operation: "up", project: { name: "fixture", root: ${JSON.stringify(PROGRAM)}, options: { typescript: false } },
      stack: "t", organization: "organization", config: {}, secretKeys: [], parallel: 1, refresh: false,
      stackOutputs: async () => ({}), save: async () => {}, onEvent: () => {}, signal: new AbortController().signal,
    });
    process.exitCode = status === "succeeded" ? 0 : 1;`;
  const env = { ...process.env, TMPDIR: place };
  const run = spawn(process.execPath, ["--input-type=module", "-e", script], { env, stdio: "inherit" });
  await until(() => readCalls().some(({ op }) => op === "create"));
  expect(inPlace().length).toBe(2);
  return run;
}

const readStatus = (pid: string) => readFileSync(`/proc/${pid}/status`, "utf8");

/** What nobody has waited for yet is still shown, as a zombie. */
function hasEnded(pid: number): boolean {
  try {
    return /^State:\sZ/m.test(readStatus(String(pid)));
  } catch {
    return true;
  }
}

const children = (pid: number) =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return new RegExp(`^PPid:\\s${pid}$`, "m").test(readStatus(name));
      } catch {
        return false;
      }
    })
    .map(Number);

it("a run goes on, however often others look whether it does", async () => {
  const run = await busyRun();
  const old = new Date(Date.now() - 60_000);
  for (const name of inPlace()) utimesSync(join(place, name), old, old);
  for (let looks = 0; looks < 3; looks++) {
    newPrivateSocket([place]);
    await sleep(100);
  }
  const [exitCode] = await once(run, "exit");
  expect([exitCode, readCalls().map(({ op }) => op), inPlace()]).toEqual([0, ["check", "create"], []]);
});

describe("an engine that is killed outright leaves no socket", () => {
  it("when its program and its provider live on to their ends", async () => {
    const run = await busyRun();
    run.kill("SIGKILL");
    await until(() => inPlace().length === 0);
  });

  it("when they are killed with it, once the next run has begun", async () => {
    const run = await busyRun();
    const all = [run.pid!, ...children(run.pid!)];
    expect(all.length).toBe(3);
    for (const pid of all) process.kill(pid, "SIGKILL");
    await until(() => all.every(hasEnded));
    expect(inPlace().length).toBe(2);
    const old = new Date(Date.now() - 60_000);
    for (const name of inPlace()) utimesSync(join(place, name), old, old);
    // A process whose main thread has ended may still have others, and they its socket.
    await until(() => {
      newPrivateSocket([place]);
      return inPlace().length === 0;
    });
  });
});
