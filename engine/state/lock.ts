import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeDurable } from "./durable.js";

interface Holder {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

/** The right to change one stack, as a file that the Pulumi CLI knows and respects too. */
export class StackLock {
  private constructor(private readonly path: string) {
    // Also whoever ends by an error that nobody caught leaves no lock.
    process.once("exit", this.releaseNow);
  }

  /**
   * Takes the lock in `folder`. Looks for others before and after it is written, so of two who come at once
   * at most one gets it.
   */
  static async take(folder: string): Promise<StackLock> {
    const path = join(folder, `${randomUUID()}.json`);
    await refuseIfHeld(folder, path);
    const holder: Holder = {
      pid: process.pid,
      username: userInfo().username,
      hostname: hostname(),
      timestamp: new Date().toISOString(),
    };
    await writeDurable(path, JSON.stringify(holder));
    const lock = new StackLock(path);
    try {
      await refuseIfHeld(folder, path);
    } catch (error) {
      await lock.release();
      throw error;
    }
    return lock;
  }

  async release(): Promise<void> {
    process.off("exit", this.releaseNow);
    await rm(this.path, { force: true });
  }

  /** For the moment in which a process is being stopped and nothing can be awaited. */
  readonly releaseNow = (): void => {
    rmSync(this.path, { force: true });
  };
}

async function refuseIfHeld(folder: string, own: string): Promise<void> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const others = names.filter((name) => name.endsWith(".json")).map((name) => join(folder, name));
  const held = others.filter((path) => path !== own);
  if (held.length === 0) return;
  const lines = await Promise.all(held.map(describe));
  const present = lines.filter((line) => line !== undefined);
  if (present.length === 0) return;
  throw new Error(
    `the stack is currently locked by ${present.length} lock(s). Either wait for the other process(es) to end or ` +
      `delete the lock file (with the Pulumi CLI: \`pulumi cancel\`).${present.map((line) => `\n  ${line}`).join("")}`,
  );
}

async function describe(path: string): Promise<string | undefined> {
  const url = pathToFileURL(path).href;
  try {
    const holder = JSON.parse(await readFile(path, "utf8")) as Holder;
    const gone = holder.hostname === hostname() && !isAlive(holder.pid);
    const note = gone ? "; no process with this id runs any more, so the file can be deleted" : "";
    return `${url}: created by ${holder.username}@${holder.hostname} (pid ${holder.pid}) at ${holder.timestamp}${note}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return `${url}: (unreadable: ${(error as Error).message})`;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
