import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Longer than any command or dial takes: nobody uses a folder of that age any more. */
const STALE_MS = 3_600_000;

const swept = new Set<string>();

/**
 * Makes a folder (mode 0700) in the temporary one, for files that a tool reads and that go at once. A killed process leaves its own behind, so the first one
 * of each process removes those of this user and kind that are older than an hour.
 */
export function privateFolder(kind: "batch" | "ssh"): string {
  const prefix = `hostnet-${kind}-`;
  if (!swept.has(kind)) {
    swept.add(kind);
    sweep(prefix);
  }
  return mkdtempSync(join(tmpdir(), prefix));
}

function sweep(prefix: string): void {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix));
  for (const path of names.map((name) => join(tmpdir(), name))) {
    // It may go meanwhile, by a run that sweeps as well.
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() && found.uid === process.getuid?.() && found.mtimeMs < Date.now() - STALE_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
