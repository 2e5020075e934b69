import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../../sandbox/host.js";
import { compiled } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";
import { output, requireSandbox } from "../support/host.js";

beforeAll(requireSandbox);

/** What a sandbox could leave on the machine that made it, which is a sandbox too here. */
async function traces() {
  const list = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);
  return {
    links: await output(["ip", "-brief", "link"]),
    mounts: readFileSync("/proc/self/mounts", "utf8"),
    namespaces: list("/run/netns"),
    etc: list("/etc"),
    run: list("/run"),
    processes: [...holders(), ...sleepers()],
  };
}

/**
 * The processes whose command line ends so: those that tests run in sandboxes, and those that hold
 * one.
 */
const processes = (...tail: string[]): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && commandLine(name).endsWith(`\0${tail.join("\0")}\0`))
    .sort();
const sleepers = () => processes("300001").filter((pid) => commandLine(pid).startsWith("sleep\0"));
const holders = () => processes("sandbox", "hold");

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const inside = async (body: (sandbox: Sandbox) => Promise<void>) => {
  await using sandbox = await createSandbox();
  await body(sandbox);
};

/** A command that lives on by itself. */
const DAEMON = "setsid --fork sh -c 'exec sleep 300001 >/dev/null 2>&1'";

/** A program that makes a sandbox, starts something in it and waits. */
const HOLDER = `
  const { createSandbox } = await import(${JSON.stringify(compiled("sandbox/host.js"))});
  const sandbox = await createSandbox();
  await sandbox.run(["sh", "-c", ${JSON.stringify(DAEMON)}]);
  console.log("made");
  setInterval(() => {}, 1000);`;

describe("a sandbox", () => {
  it("has lo, up, and no other link", () =>
    inside(async (sandbox) => {
      const links: { ifname: string; flags: string[] }[] = JSON.parse(
        (await sandbox.run(["ip", "-json", "link"])).stdout,
      );
      expect(links.map(({ ifname }) => ifname)).toEqual(["lo"]);
      expect(links[0]!.flags).toContain("UP");
    }));

  it("has no way out, not even to where the machine that made it can go", async () => {
    const connect = `require("net").connect(80, "192.0.2.1").on("error", (error) => console.log(error.code))`;
    const command = [process.execPath, "-e", connect];
    await output(["ip", "addr", "add", "192.0.2.1/32", "dev", "lo"]);
    await inside(async (sandbox) => {
      expect((await output(command)).trim()).toBe("ECONNREFUSED");
      expect((await sandbox.run(command)).stdout.trim()).toBe("ENETUNREACH");
    }).finally(() => output(["ip", "addr", "del", "192.0.2.1/32", "dev", "lo"]));
  });

  it("lets bridged traffic pass iptables where the kernel can", () =>
    inside(async (sandbox) => {
      const file = "/proc/sys/net/bridge/bridge-nf-call-iptables";
      if (existsSync(file)) expect((await sandbox.run(["cat", file])).stdout).toBe("1\n");
    }));

  it("leaves nothing on the machine, whatever was done in it", async () => {
    const before = await traces();
    const sandbox = await createSandbox();
    for (const command of [
      ["ip", "netns", "add", "inner"],
      ["ip", "link", "add", "bridge_inner", "type", "bridge"],
      ["mkdir", "-p", "/etc/netns/inner"],
      ["touch", "/etc/written", "/run/written"],
      ["ip", "netns", "exec", "inner", "true"],
    ]) {
      expect(await sandbox.run(command)).toMatchObject({ exitCode: 0 });
    }
    await sandbox.start(["sleep", "300001"]);
    await sandbox.run(["setsid", "--fork", "sh", "-c", "trap '' TERM; exec sleep 300001 >/dev/null 2>&1"]);
    expect(await traces()).toMatchObject({
      links: before.links,
      mounts: before.mounts,
      etc: before.etc,
      run: before.run,
    });
    await expect.poll(sleepers, { timeout: stretched(5000) }).toHaveLength(2);
    expect(holders()).not.toEqual([]);
    await sandbox.close();
    expect(await traces()).toEqual(before);
  });

  it.each([
    ["held", 1, ["--input-type=module", "--eval", HOLDER]],
    ["run", 2, [compiled("sandbox/main.js"), "--", "sh", "-c", `${DAEMON}; echo made; sleep 300001`]],
  ])("that is %s dies with the process that made it, even by kill -9", async (_how, running, args) => {
    const maker = execa(process.execPath, args, { reject: false });
    await new Promise((resolve) => maker.stdout.once("data", resolve));
    await expect.poll(sleepers, { timeout: stretched(5000) }).toHaveLength(running);
    process.kill(maker.pid!, "SIGKILL");
    await expect.poll(() => [...sleepers(), ...holders()], { timeout: stretched(5000) }).toEqual([]);
  });

  it("can be made within another, and many at once under the same names", async () => {
    const sandboxes = await Promise.all(Array.from({ length: 4 }, () => createSandbox()));
    const nested = [process.execPath, compiled("sandbox/main.js"), "--"];
    const made = await Promise.all(
      sandboxes.map(async (sandbox) => [
        await sandbox.run(["ip", "netns", "add", "same"]),
        await sandbox.run([...nested, "ip", "link", "add", "same", "type", "bridge"]),
        await sandbox.run(["ip", "-brief", "link"]),
      ]),
    );
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
    for (const [first, second, links] of made) {
      expect([first!.stderr, second!.stderr]).toEqual(["", ""]);
      expect(links!.stdout).not.toContain("same");
    }
  });
});

it("a command on this host runs in the folder that it is given", async () => {
  expect(await output(["pwd"], { cwd: "/etc" })).toBe("/etc\n");
});

describe("a command in a sandbox", () => {
  it("gets its arguments, input and folder unchanged, and its exit code comes back", () =>
    inside(async (sandbox) => {
      const script = `cat; pwd; printf '%s' "$1"; exit 7`;
      const result = await sandbox.run(["sh", "-c", script, "sh", `"; reboot $(id)`], { input: "in\n", cwd: "/etc" });
      expect(result).toEqual({ stdout: `in\n/etc\n"; reboot $(id)`, stderr: "", exitCode: 7 });
    }));

  it("is killed when it takes too long", () =>
    inside(async (sandbox) => {
      const begun = Date.now();
      const { exitCode, stderr } = await sandbox.run(["sleep", "300001"], { timeoutMs: 200 });
      expect({ exitCode, stderr }).toMatchObject({ exitCode: -1, stderr: expect.stringContaining("200 ms") });
      expect(Date.now() - begun).toBeLessThan(5000);
      expect(sleepers()).toEqual([]);
    }));

  it("is given up on time, even when something it left behind holds its output", () =>
    inside(async (sandbox) => {
      const { exitCode, stdout } = await sandbox.run(["sh", "-c", "echo said; sleep 300001 &"], { timeoutMs: 500 });
      expect({ exitCode, stdout }).toEqual({ exitCode: -1, stdout: "said\n" });
    }));

  it("runs in the background until it is stopped, and may tidy up then", () =>
    inside(async (sandbox) => {
      const script = "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
      const server = await sandbox.start(["sh", "-c", script], { ready: "ready" });
      await sleep(50);
      expect(await server.stop()).toEqual({ stdout: "ready\ntidied\n", stderr: "", exitCode: 0 });
    }));

  it("that ends before it is ready is an error with its own words", () =>
    inside(async (sandbox) => {
      const start = sandbox.start(["sh", "-c", "echo no luck >&2; exit 3"], { ready: "ready" });
      await expect(start).rejects.toThrow("no luck");
    }));
});
