import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import type { StepOp } from "../../engine/model/types.js";
import { StackLock } from "../../engine/state/lock.js";
import { ownIdentity } from "../../engine/state/process-identity.js";
import { fakeDeploy, makeWorld, snapshotOf } from "./cli-world.js";

/** More than a process id can be. */
const ENDED = 2 ** 22 + 1;

const locks = (world: ReturnType<typeof makeWorld>) => {
  const folder = world.file("locks", "organization", "shop", "dev");
  return readdirSync(folder).map((name) => ({ name, ...JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) }));
};

async function stack() {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  return world;
}

test("an operation holds the CLI's lock file and gives it back", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(() => {
    expect(locks(world)).toEqual([
      {
        name: expect.stringMatching(/^[0-9a-f-]{36}\.json$/),
        pid: process.pid,
        username: expect.any(String),
        hostname: hostname(),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        ...ownIdentity(),
      },
    ]);
    return {};
  });
  expect((await world.hostnet("up", "-yf")).code).toBe(0);
  expect(locks(world)).toEqual([]);
});

test("the lock is given back when the engine breaks", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(() => Promise.reject(new Error("boom")));
  const { code, err } = await world.hostnet("up", "-yf");
  expect([code, err]).toEqual([1, "error: boom\n"]);
  expect(locks(world)).toEqual([]);
});

test("somebody else's lock is respected and told about, and not removed", async () => {
  const world = await stack();
  const folder = world.file("locks", "organization", "shop", "dev");
  mkdirSync(folder, { recursive: true });
  const holder = { pid: 4711, username: "anna", hostname: "elsewhere", timestamp: "2026-01-02T03:04:05Z" };
  writeFileSync(`${folder}/a.json`, JSON.stringify(holder));
  writeFileSync(`${folder}/a.json.attrs`, "{}");
  world.deploy = fakeDeploy(() => expect.unreachable("the engine must not start"));
  const { code, err } = await world.hostnet("up", "-yf");
  expect(code).toBe(1);
  expect(err).toContain("the stack is currently locked by 1 lock(s)");
  expect(err).toContain("created by anna@elsewhere (pid 4711) at 2026-01-02T03:04:05Z");
  expect(readdirSync(folder).sort()).toEqual(["a.json", "a.json.attrs"]);
  world.deploy = fakeDeploy(() => ({}));
  expect((await world.hostnet("preview")).code).toBe(0);
  writeFileSync(`${folder}/a.json`, JSON.stringify({ ...holder, hostname: hostname(), pid: 2 ** 22 - 1 }));
  expect((await world.hostnet("up", "-yf")).err).toContain("no process with this id runs any more");
});

/** Puts a lock file in the way: of this machine, and of a process that may be there or not. */
function lockOf(world: ReturnType<typeof makeWorld>, holder: object): string[] {
  const folder = world.file("locks", "organization", "shop", "dev");
  mkdirSync(folder, { recursive: true });
  const base = { pid: ENDED, username: "anna", hostname: hostname(), timestamp: "2026-01-02T03:04:05Z" };
  writeFileSync(`${folder}/a.json`, JSON.stringify({ ...base, ...holder }));
  return [folder];
}

test("the lock of a run that was killed is taken over, with a word about whose it was", async () => {
  const world = await stack();
  lockOf(world, ownIdentity()!);
  const { code, err } = await world.hostnet("up", "-yf");
  expect(code).toBe(0);
  expect(err).toMatch(
    /^warning: took over the lock of a run that was killed: .*anna@.* \(pid \d+\) at 2026-01-02T03:04:05Z/,
  );
  expect(locks(world)).toEqual([]);
});

test("so is that of a process whose number another one has now", async () => {
  const world = await stack();
  lockOf(world, { ...ownIdentity(), pid: process.pid, startTime: "1" });
  expect((await world.hostnet("up", "-yf")).code).toBe(0);
});

test.each([
  ["runs", { ...ownIdentity(), pid: process.pid }],
  ["ran in another container", { ...ownIdentity(), namespaces: "pid:[1] time:[1]" }],
  ["ran before a reboot, or on another machine", { ...ownIdentity(), bootId: "b" }],
  ["says nothing of where it ran, as the CLI's", {}],
])("the lock of a process that %s stays until it is cancelled, and the message says so", async (_where, holder) => {
  const world = await stack();
  const [folder] = lockOf(world, holder);
  const { code, err } = await world.hostnet("up", "-yf");
  expect([code, err]).toEqual([1, expect.stringContaining("`hostnet cancel` (or `pulumi cancel`)")]);
  expect(readdirSync(folder!)).toEqual(["a.json"]);
  expect((await world.hostnet("cancel")).err).toContain("non-interactive mode requires --yes flag");
  const cancelled = await world.hostnet("cancel", "-y");
  expect(cancelled.out).toContain("The currently running update for 'dev' has been canceled!");
  expect(cancelled.out).toContain("created by anna@");
  expect((await world.hostnet("up", "-yf")).code).toBe(0);
  expect((await world.hostnet("cancel", "-y")).out).toContain("there was no lock to take away");
});

test("of many who want the lock at once at most one gets it", async () => {
  const world = makeWorld();
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => StackLock.take(world.home, "hostnet")));
  const got = tries.filter(({ status }) => status === "fulfilled");
  expect(got.length).toBeLessThanOrEqual(1);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "the first %s asks the engine to stop, and the state is written",
  async (signal) => {
    const world = await stack();
    world.deploy = fakeDeploy(async (request) => {
      world.signal(signal);
      expect(request.signal.aborted).toBe(true);
      await request.save(snapshotOf({ done: true }));
      return { status: "canceled", changes: { create: 1 } };
    });
    const { code, err } = await world.hostnet("up", "-yf");
    expect(code).toBe(1);
    expect(err).toContain(`${signal === "SIGINT" ? "^C" : "SIGTERM"} received; cancelling.`);
    expect(readFileSync(world.stackFile(), "utf8")).toContain('"done":true');
    expect(world.killed).toEqual([]);
    expect(locks(world)).toEqual([]);
  },
);

test("whoever stops a run hears what was under way, and what became of it", async () => {
  const world = await stack();
  const step = (op: StepOp, name: string) => ({
    metadata: {
      ...{ op, type: "t:t:T", provider: "" },
      urn: `urn:pulumi:dev::shop::t:t:T::${name}`,
      new: { urn: "", type: "t:t:T", custom: true },
    },
  });
  world.deploy = fakeDeploy(({ onEvent }) => {
    onEvent({ resourcePreEvent: step("create", "before") });
    onEvent({ resOutputsEvent: step("create", "before") });
    onEvent({ resourcePreEvent: step("create", "good") });
    onEvent({ resourcePreEvent: step("update", "bad") });
    world.signal("SIGINT");
    onEvent({ resOutputsEvent: step("create", "good") });
    onEvent({ resOpFailedEvent: { ...step("update", "bad"), status: 0, steps: 0 } });
    return { status: "canceled" };
  });
  const { err } = await world.hostnet("up", "-yf");
  expect(err).toContain("Waiting for what is under way: creating T good, updating T bad.\n");
  expect(err).toContain(
    "Stopped as asked. finished: creating T good; failed (its error says what was undone): updating T bad; nothing else was begun.",
  );
});

test("SIGHUP stops nothing", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(async (request) => {
    for (let hangUps = 0; hangUps < 3; hangUps++) world.signal("SIGHUP");
    expect(request.signal.aborted).toBe(false);
    return {};
  });
  const { code, err } = await world.hostnet("up", "-yf");
  expect([code, world.killed]).toEqual([0, []]);
  expect(err).toContain("going on to the end of the operation");
  expect(err).not.toContain("Stopped");
});

test("the second signal ends the process and leaves no lock", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(() => {
    world.signal("SIGINT");
    expect(world.killed).toEqual([]);
    world.signal("SIGINT");
    expect(world.killed).toEqual([1]);
    expect(locks(world)).toEqual([]);
    return { status: "canceled" };
  });
  await world.hostnet("up", "-yf");
});

test("whoever ends without giving the lock back leaves none", async () => {
  const world = makeWorld();
  const before = new Set(process.listeners("exit"));
  await StackLock.take(world.home, "hostnet");
  const [added] = process.listeners("exit").filter((listener) => !before.has(listener));
  expect(readdirSync(world.home).some((name) => name.endsWith(".json"))).toBe(true);
  added!(1);
  expect(readdirSync(world.home).some((name) => name.endsWith(".json"))).toBe(false);
  process.off("exit", added!);
});
