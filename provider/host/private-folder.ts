import { lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openToOthers } from "./trust.js";

/** How long each kind is kept at most after its process was killed: longer than any command or dial takes, and than anybody wants to read an error. */
const STALE_MS = { batch: 3_600_000, ssh: 3_600_000, error: 7 * 86_400_000 };

const swept = new Set<string>();

/**
 * Makes a folder (mode 0700) in the temporary one (in /tmp or /run where others could put theirs in its place), for files that a tool reads and that go at
 * once, or that a user is to read. A killed process leaves its own behind, so the first one of each process removes what is stale.
 */
export function privateFolder(kind: keyof typeof STALE_MS): string {
  const prefix = `hostnet-${kind}-`;
  const place = privatePlace();
  if (!swept.has(kind)) {
    swept.add(kind);
    sweep(place, prefix, Date.now() - STALE_MS[kind]);
  }
  return mkdtempSync(join(place, prefix));
}

function privatePlace(): string {
  const problems: string[] = [];
  for (const place of new Set([tmpdir(), "/tmp", "/run"])) {
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
