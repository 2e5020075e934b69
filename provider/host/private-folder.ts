import { lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openToOthers } from "../../engine/trust.js";

/** The age at which the next run removes a folder that its process has left. */
const STALE_MS = { batch: 3_600_000, ssh: 3_600_000, error: 7 * 86_400_000 };

/**
 * Makes a folder (mode 0700) for files that a tool or the user reads. It lies in the first of
 * `places` in which no other user could replace it: the temporary folder, /tmp, or /run. Folders
 * that killed processes of this user have left there are removed.
 */
export function privateFolder(kind: keyof typeof STALE_MS, places = [tmpdir(), "/tmp", "/run"]): string {
  const prefix = `hostnet-${kind}-`;
  const place = privatePlace(places);
  sweep(place, prefix, Date.now() - STALE_MS[kind]);
  return mkdtempSync(join(place, prefix));
}

function privatePlace(places: string[]): string {
  const problems: string[] = [];
  for (const place of new Set(places)) {
    try {
      const problem = openToOthers(place);
      if (problem === undefined) return realpathSync(place);
      problems.push(problem);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new Error(
    `there is no place for files that nobody else may change: ${problems.join("; ")}. Set TMPDIR to a folder of yours that nobody else can write to`,
  );
}

function sweep(place: string, prefix: string, before: number): void {
  const names = readdirSync(place).filter((name) => name.startsWith(prefix));
  for (const path of names.map((name) => join(place, name))) {
    // It may go meanwhile, by a run that sweeps as well.
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() && found.uid === process.getuid?.() && found.mtimeMs < before)
      rmSync(path, { recursive: true, force: true });
  }
}
