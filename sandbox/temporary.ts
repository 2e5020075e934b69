import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A temporary folder that is gone when this process has ended, in whatever way it did. */
export interface Temporary extends AsyncDisposable {
  readonly path: string;
}

/**
 * Waits until its input ends, since its maker has closed it or has died. Then it removes the
 * folder, twice: children of the maker may still be writing.
 */
const KEEPER = `cat >/dev/null; rm -rf -- "$1"; [ ! -e "$1" ] || { sleep 1; rm -rf -- "$1"; }`;

/**
 * Makes one. A process in a session of its own removes it, so a signal to this process's group
 * doesn't reach that one.
 */
export function makeTemporary(prefix: string): Temporary {
  const path = mkdtempSync(join(tmpdir(), prefix));
  // As /tmp itself: what acts as another user in a test has its own files there.
  chmodSync(path, 0o1777);
  const keeper = spawn("sh", ["-c", KEEPER, "keeper", path], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const gone = once(keeper, "exit");
  keeper.unref();
  (keeper.stdin as unknown as { unref(): void }).unref();
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      keeper.ref();
      keeper.stdin.end();
      await gone;
    },
  };
}
