import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, it } from "vitest";
import { converse } from "../../provider/host/exec.js";
import { localLock, Patience } from "../../provider/host/lock.js";
import { LOCK_FUNCTIONS } from "../../provider/host/lock-script.js";
import { ShellSession } from "../../provider/host/ssh/session.js";
import { type Started, startCommand } from "../../sandbox/command.js";
import { compiled } from "../../sandbox/root.js";
import { AS_NOBODY, canBeNobody } from "../support/nobody.js";

const NET = "/proc/self/ns/net";
const FOLDER = "/run/pulumi-hostnet";

const started: Started[] = [];
afterEach(async () => {
  for (const each of started.splice(0)) {
    each.kill();
    await each.ended;
  }
  expect(existsSync(FOLDER)).toBe(false);
});

/** Starts what holds a lock, and waits until it does. */
async function holding(...argv: string[]): Promise<Started> {
  const holder = startCommand(argv, {});
  started.push(holder);
  await holder.outputHolds("held");
  return holder;
}

/**
 * Locks the namespace's file, as each user can and as the first release does; in one process, so
 * that its end is that of the lock.
 */
const locking = (before: string[], mode = "-x", script = "echo held; kill -STOP $$", name = "sh") =>
  holding(...before, "flock", "-F", mode, NET, "sh", "-c", script, name);

const RUN = "pulumi-hostnet: process 7 (p/s, Bridge)";

const take = (seconds: number, netns?: string) => localLock(netns, seconds)("p/s, Bridge", async () => "done");

describe.runIf(canBeNobody)("a user who may not change the network", () => {
  it("holds up nobody by locking what each user can lock", async () => {
    const holder = await locking(AS_NOBODY);
    expect(await take(0)).toBe("done");
    holder.kill();
    await holder.ended;
    await locking(AS_NOBODY, "-s");
    expect(await take(0)).toBe("done");
  });

  it("nor by calling himself a run of ours, or by a program that runs as root", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hostnet-setuid-"));
    chmodSync(folder, 0o755);
    const [program, fifo] = [join(folder, "cat"), join(folder, "fifo")];
    await execa("mkfifo", ["-m", "666", fifo]);
    copyFileSync("/bin/cat", program);
    chmodSync(program, 0o4755);
    await locking(AS_NOBODY, "-x", `echo held; exec ${program} ${fifo}`, RUN);
    // It has root's rights by now, and still the lock.
    expect((await execa("sh", ["-c", "until pgrep -u root -x cat; do sleep 0.05; done"])).stdout).toMatch(/^\d+$/);
    expect(await take(0)).toBe("done");
    rmSync(folder, { recursive: true });
  });

  it("can neither take nor see the other lock", async () => {
    await localLock(undefined)("p/s, Bridge", async () => {
      const [file = ""] = readdirSync(FOLDER);
      for (const command of [`ls ${FOLDER}`, `flock -n ${FOLDER}/${file} true`, `rm -rf ${FOLDER}`]) {
        const { exitCode, stderr } = await execa("setpriv", [...AS_NOBODY.slice(1), "sh", "-c", command], {
          reject: false,
        });
        expect([exitCode === 0, stderr]).toEqual([false, expect.stringMatching(/Permission denied|not permitted/)]);
      }
    });
  });
});

describe("runs exclude each other", () => {
  it("also one of a release that only locks the namespace's file", async () => {
    const holder = await locking([], "-x", undefined, RUN);
    await expect(take(1)).rejects.toThrow(/process 7 \(p\/s, Bridge\) has held the lock of \/proc\/self\/ns\/net/);
    holder.kill();
    await holder.ended;
    await localLock(undefined)("p/s, Bridge", async () => {
      const { exitCode } = await execa("flock", ["-n", NET, "true"], { reject: false });
      expect(exitCode).toBe(1);
    });
  });

  it("in many processes at once, however often the lock's file goes", async () => {
    const script = `
      import { mkdirSync, rmdirSync } from "node:fs";
      const { localLock } = await import(${JSON.stringify(compiled("provider/host/lock.js"))});
      const lock = localLock(undefined);
      for (let round = 0; round < 5; round++)
        await lock("p/s", async () => {
          mkdirSync("/run/one-at-a-time");
          await new Promise((resolve) => setTimeout(resolve, 2));
          rmdirSync("/run/one-at-a-time");
        });`;
    const runs = Array.from({ length: 8 }, () => execa(process.execPath, ["--input-type=module", "-e", script]));
    await Promise.all(runs);
  });

  it("from here and from a shell at the other end of an ssh connection", async () => {
    const shell = ["sh", "-c", 'exec sh -s "$0"', "pulumi-hostnet: process 7 on elsewhere"];
    const open = () =>
      new ShellSession(
        (hear) => converse(shell, hear),
        (said) => new Error(`over: ${said}`),
      );
    const [one, other] = [open(), open()];
    expect(await one.script(`hn_take ${NET} 0`)).toMatchObject({ exitCode: 0, stderr: "" });
    await expect(take(0)).rejects.toThrow(/: process 7 on elsewhere has held the lock .*\(process \d+ of user root: /);
    expect(await other.script(`hn_take ${NET} 0`)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^\d+ root\nprocess 7 on elsewhere\n/),
    });
    expect(await one.script("hn_release")).toMatchObject({ exitCode: 0, stderr: "" });
    await localLock(undefined)("p/s, Bridge", async () => {
      expect((await other.script(`hn_take ${NET} 0`)).stdout).toContain(`process ${process.pid}`);
    });
    // Whatever ends the connection lets go of the lock.
    await other.script(`hn_take ${NET} 0`);
    for (const session of [one, other]) session.close();
    await Promise.all([one.over, other.over]);
    expect(await take(0)).toBe("done");
  });

  it("in one namespace, not in several", async () => {
    await execa("ip", ["netns", "add", "lock_x"]);
    await localLock("lock_x")("p/s, Bridge", async () => {
      expect(await take(0)).toBe("done");
      await expect(take(0, "lock_x")).rejects.toThrow(/has held the lock of \/run\/netns\/lock_x/);
    });
    await execa("ip", ["netns", "del", "lock_x"]);
    await expect(take(0, "lock_x")).rejects.toThrow(/the lock of \/run\/netns\/lock_x can't be taken: .*No such file/);
  });
});

it("whoever holds the lock is named, with process, user and command", async () => {
  await localLock(undefined)("p/s, Bridge", async () => {
    const error = await take(0).catch((each: Error) => each.message);
    expect(error).toContain(
      `another run is changing this host: process ${process.pid} (p/s, Bridge) has held the lock`,
    );
    expect(error).toMatch(new RegExp(`\\(process ${process.pid} of user root: \\S*node[^)]*\\)`));
  });
  await locking([]);
  await expect(take(0)).rejects.toThrow(/process (\d+) has held .* \(process \1 of user root: sh -c echo held; .*\)/);
});

it("a run waits once for a lock", () => {
  const patience = new Patience(NET, 60);
  expect(patience.seconds).toBe(60);
  expect(() => patience.refuse({ stdout: "", stderr: "", exitCode: 1 })).toThrow(/can't be seen from here/);
  expect(patience.seconds).toBe(0);
});

it("the lock and its file go with the process that holds it, however that ends", async () => {
  const script = `
    const { localLock } = await import(${JSON.stringify(compiled("provider/host/lock.js"))});
    await localLock(undefined)("p/s", async () => {
      console.log("held");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const holder = await holding(process.execPath, "--input-type=module", "-e", script);
  expect(readdirSync(FOLDER).length).toBe(1);
  holder.kill();
  await holder.ended;
  expect(await take(10)).toBe("done");
});

it("what a killed holder has left goes with the next run, of whatever namespace it is", async () => {
  await localLock(undefined)("p/s", async () => {
    await execa("touch", [`${FOLDER}/4026530000`]);
  });
  expect(existsSync(FOLDER)).toBe(false);
  mkdirSync(FOLDER, { mode: 0o700 });
  await execa("sh", ["-c", `touch ${FOLDER}/$(stat -Lc %i ${NET})`]);
  expect(await take(0)).toBe("done");
});

const theirs = () => {
  mkdirSync(FOLDER, { mode: 0o700 });
  chownSync(FOLDER, 65_534, 65_534);
};

const WRONG: [what: string, make: () => void][] = [
  ["others may enter", () => mkdirSync(FOLDER, { mode: 0o755 })],
  ["is a link", () => symlinkSync("/root", FOLDER)],
  ["is a link to nowhere", () => symlinkSync("/nowhere", FOLDER)],
];
if (canBeNobody) WRONG.push(["another user has", theirs]);

it.each(WRONG)("a folder that %s is not used, with the cure", async (_, make) => {
  make();
  try {
    await expect(take(0)).rejects.toThrow(
      /\/run\/pulumi-hostnet is not root's alone \(a folder of mode 700\): remove it/,
    );
  } finally {
    rmSync(FOLDER, { recursive: true });
  }
});

describe.each(["dash", "bash --posix"])("where /run can't be written to (%s)", (shell) => {
  /** Takes the lock in a mount namespace of its own. */
  const readOnly = (then: string) =>
    execa(
      "unshare",
      [
        ...["--mount", "sh", "-c", 'mount -t tmpfs -o ro tmpfs /run && exec "$@"', "sh"],
        ...[...shell.split(" "), "-c", `${LOCK_FUNCTIONS}\nhn_take ${NET} 0 && ${then}`, "sh"],
      ],
      { reject: false },
    );

  it("the namespace's file alone is the lock, and all count", async () => {
    expect(await readOnly(`! flock -n ${NET} true && hn_release && flock -n ${NET} true`)).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    await locking(canBeNobody ? AS_NOBODY : []);
    const { exitCode, stdout } = await readOnly("true");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(canBeNobody ? /^\d+ nobody\n\nsh -c / : /^\d+ root\n/);
  });

  it("runs on the same network with another /run are waited for", async () => {
    await localLock(undefined)("p/s, Bridge", async () => {
      const { exitCode, stdout } = await readOnly("true");
      expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^\d+ root\nprocess \d+ \(p\/s, Bridge\)\n.*node/)]);
    });
  });
});
