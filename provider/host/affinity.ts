import { textOf } from "../kernel/nft-value.js";
import type { Remembered } from "../services/backend.js";
import type { Exec } from "./exec.js";
import { listIfThere } from "./nft-json.js";

/**
 * Entries expire while they are looked at, and one that is gone fails the deletion of all: then it
 * is looked again.
 */
const TRIES = 5;

/** Makes maps forget which clients went to endpoints that are not theirs any more. */
export async function forgetClients(exec: Exec, maps: Remembered[]): Promise<void> {
  for (const { map, isStale } of maps)
    for (let left = TRIES; left > 0; left--) {
      const stale = (await entries(exec, map)).filter(([key, value]) => isStale(key, value)).map(([key]) => key);
      if (stale.length === 0) break;
      const input = `delete element ${map} { ${stale.join(", ")} }\n`;
      // A packet that was on the way may have put one there again, so it is looked once more.
      await exec(["nft", "-f", "-"], { input });
    }
}

async function entries(exec: Exec, map: string): Promise<[key: string, value: string][]> {
  const objects = await listIfThere(exec, `list map ${map}`);
  const listed = objects.flatMap((object) => (object.map as { elem?: [unknown, unknown][] } | undefined)?.elem ?? []);
  return listed.map(([key, value]) => {
    const { val = key } = (key as { elem?: { val?: unknown } }).elem ?? {};
    return [textOf(val), textOf(value)];
  });
}
