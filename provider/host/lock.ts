import { converse, type Exec, localExec, namespacePath } from "./exec.js";

/** Seconds that a run waits for another to end its change. */
export const LOCK_WAIT_SECONDS = 60;

/** Comes before a holder's name among the words of its command line. */
export const HOLDER = "pulumi-hostnet: ";

/**
 * One writer a host: read-modify-write of a service's chains has to be exact while several stacks are applied at once, from here or over ssh.
 * The lock is flock(2) on the file that stands for the network namespace, which is just what is protected: there is nothing to make or to leave
 * behind, and the kernel takes the lock back however its holder ends.
 */
export function localLock(netns: string | undefined, waitSeconds = LOCK_WAIT_SECONDS) {
  const path = namespacePath(netns);
  return async function locked<T>(holder: string, work: () => Promise<T>): Promise<T> {
    let taken = false;
    let got = () => {};
    const hold = ["sh", "-c", "echo; read _", `${HOLDER}process ${process.pid} (${holder})`];
    const asked = new Promise<void>((resolve) => {
      got = () => {
        taken = true;
        resolve();
      };
    });
    const child = converse(["flock", "-F", "-w", String(waitSeconds), path, ...hold], () => got());
    const failed = child.ended.then(async ({ stderr }) => {
      if (taken) return;
      if (stderr.trim() !== "") throw new Error(`the lock of ${path} can't be taken: ${stderr.trim()}`);
      throw new LockTaken(path, waitSeconds, await findHolder(localExec(), path));
    });
    failed.catch(() => {});
    await Promise.race([asked, failed]);
    try {
      return await work();
    } finally {
      child.end();
      await child.ended;
    }
  };
}

/** Another run has not let go of the host in time. */
export class LockTaken extends Error {
  override name = "LockTaken";
  constructor(path: string, waitSeconds: number, holder: string | undefined) {
    super(
      `another run is changing this host: ${holder ?? "a process that can't be seen from here"} has held the lock of ${path} for over ${waitSeconds} s. Wait for it to end, or stop it, and run again`,
    );
  }
}

/** Prints the command lines of the processes that hold a flock on a file, a word a line. */
const FIND = `inode=$(stat -Lc %i "$1") || exit 0
grep -l "FLOCK.*:$inode " /proc/[0-9]*/fdinfo/* 2>/dev/null | while read -r file; do
  process=\${file#/proc/}
  tr '\\0' '\\n' <"/proc/\${process%%/*}/cmdline"
done`;

/** Who holds the lock of a namespace, as it calls itself. */
export async function findHolder(exec: Exec, path: string): Promise<string | undefined> {
  const { stdout } = await exec(["sh", "-c", FIND, "sh", path]).catch(() => ({ stdout: "" }));
  const line = stdout.split("\n").find((word) => word.startsWith(HOLDER));
  return line?.slice(HOLDER.length);
}
