import type { Writable } from "node:stream";
import { converse, namespacePath } from "./exec.js";
import { HOLDER, LOCK_FUNCTIONS } from "./lock-script.js";

/** Seconds that a run waits for others to end their changes. */
export const LOCK_WAIT_SECONDS = 60;

/**
 * Holds the lock until its input ends. That ends too when this process is killed, as soon as the
 * tools have ended that this process has started.
 */
const HOLD = `${LOCK_FUNCTIONS}
hn_take "$1" "$2" || exit
trap '' HUP INT TERM
echo taken
read -r hn_line
hn_release`;

/** What a shell answers to hn_take. */
export interface Answer {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/**
 * One writer a host: several stacks may change one service at once, from here and over ssh. The
 * lock is that of the network namespace, see lock-script.ts. What keeps the streams in `held` open
 * keeps the lock: a tool that this process has started, and that outlives it.
 */
export function localLock(netns: string | undefined, waitSeconds = LOCK_WAIT_SECONDS, held: Set<Writable> = new Set()) {
  const path = namespacePath(netns);
  const patience = new Patience(path, waitSeconds);
  return async function locked<T>(holder: string, work: () => Promise<T>): Promise<T> {
    const argv = [path, String(patience.seconds)];
    const name = `${HOLDER}process ${process.pid} (${holder})`;
    let said = "";
    let taken = () => {};
    const asked = new Promise<void>((resolve) => {
      taken = resolve;
    });
    const child = converse(["sh", "-c", HOLD, name, ...argv], (chunk) => {
      said += String(chunk);
      if (said === "taken\n") taken();
    });
    const refused = child.ended.then(({ stderr, exitCode }) => {
      if (said !== "taken\n") patience.refuse({ stdout: said, stderr, exitCode });
    });
    refused.catch(() => {});
    await Promise.race([asked, refused]);
    held.add(child.input);
    try {
      return await work();
    } finally {
      held.delete(child.input);
      child.end();
      await child.ended;
    }
  };
}

/** How long a run waits for a lock. After one wait in vain its other changes don't wait again. */
export class Patience {
  private exhausted = false;

  constructor(
    private readonly path: string,
    private readonly waitSeconds = LOCK_WAIT_SECONDS,
  ) {}

  get seconds(): number {
    return this.exhausted ? 0 : this.waitSeconds;
  }

  /** Throws the error for a lock that wasn't taken. */
  refuse({ stdout, stderr, exitCode }: Answer): never {
    if (stderr.trim() !== "" || exitCode !== 1)
      throw new Error(`the lock of ${this.path} can't be taken: ${stderr.trim() || `exit code ${exitCode}`}`);
    this.exhausted = true;
    throw new LockTaken(this.path, this.waitSeconds, stdout);
  }
}

/** Another run has not let go of the host in time. */
export class LockTaken extends Error {
  override name = "LockTaken";
  /** `told` is what hn_take says of the holder. */
  constructor(path: string, waitSeconds: number, told: string) {
    const [process = "", name, command = ""] = told.split("\n");
    const [pid = "", user] = process.split(" ");
    const holder = name || (pid ? `process ${pid}` : "a process that can't be seen from here");
    const details = pid ? ` (process ${pid} of user ${user}: ${command.trim()})` : "";
    super(
      `another run is changing this host: ${holder} has held the lock of ${path} for over ${waitSeconds} s${details}. Wait for it to end, or stop it, and run again`,
    );
  }
}
