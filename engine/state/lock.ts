import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { namesIn } from "../model/file-errors.js";
import { writeDurable } from "./durable.js";
import { hasEnded, isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.js";

/** What a lock file says. The identity is ours: the CLI writes none, and reads over it. */
interface Holder extends Partial<ProcessIdentity> {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

/** A lock file that was found, described for the user. */
interface Found {
  path: string;
  line: string;
  /** Its holder was killed: there is nobody who could ever give it back. */
  left: boolean;
}

/** The right to change one stack, as a file that the Pulumi CLI knows and respects too. */
export class StackLock {
  private constructor(
    private readonly path: string,
    /** The locks of killed runs that were taken away to get this one. */
    readonly takenOver: string[],
  ) {
    // Also whoever ends by an error that nobody caught leaves no lock.
    process.once("exit", this.releaseNow);
  }

  /**
   * Takes the lock in `folder`. Looks for other locks before and after its own is written, so of
   * two runs that start at once at most one gets it. `command` is what takes a lock away.
   */
  static async take(folder: string, command: string): Promise<StackLock> {
    const path = join(folder, `${randomUUID()}.json`);
    const takenOver = await refuseIfHeld(folder, path, command);
    const holder: Holder = {
      pid: process.pid,
      username: userInfo().username,
      hostname: hostname(),
      timestamp: new Date().toISOString(),
      ...ownIdentity(),
    };
    await writeDurable(path, JSON.stringify(holder));
    const lock = new StackLock(path, takenOver);
    try {
      takenOver.push(...(await refuseIfHeld(folder, path, command)));
    } catch (error) {
      await lock.release();
      throw error;
    }
    return lock;
  }

  /** Takes all locks in `folder` away, whoever holds them. Says whose they were. */
  static async breakAll(folder: string): Promise<string[]> {
    return await remove(await findIn(folder));
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

/**
 * Clears away what killed runs have left, and says so. Throws when another run may still hold the
 * stack.
 */
async function refuseIfHeld(folder: string, own: string, command: string): Promise<string[]> {
  const others = (await findIn(folder)).filter(({ path }) => path !== own);
  const held = others.filter(({ left }) => !left);
  if (held.length > 0)
    throw new Error(
      `the stack is currently locked by ${held.length} lock(s). Either wait for the other process(es) to end or, ` +
        `when you know that they have, take the lock away with \`${command} cancel\` (or \`pulumi cancel\`).${held.map(({ line }) => `\n  ${line}`).join("")}`,
    );
  return await remove(others);
}

async function remove(found: Found[]): Promise<string[]> {
  // The name is a new one for each lock, so nobody else's can go in its place.
  await Promise.all(found.map(({ path }) => rm(path, { force: true })));
  return found.map(({ line }) => line);
}

async function findIn(folder: string): Promise<Found[]> {
  const names = await namesIn(folder);
  const paths = names.filter((name) => name.endsWith(".json")).map((name) => join(folder, name));
  return (await Promise.all(paths.map(describe))).filter((each) => each !== undefined);
}

async function describe(path: string): Promise<Found | undefined> {
  const url = pathToFileURL(path).href;
  try {
    const holder = JSON.parse(await readFile(path, "utf8")) as Holder;
    const left = hasEnded(holder.pid, holder);
    const gone = left || (holder.hostname === hostname() && !isAlive(holder.pid));
    const note = gone ? "; no process with this id runs any more" : "";
    const line = `${url}: created by ${holder.username}@${holder.hostname} (pid ${holder.pid}) at ${holder.timestamp}${note}`;
    return { path, line, left };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return { path, line: `${url}: (unreadable: ${(error as Error).message})`, left: false };
  }
}
