import type { Remembered } from "../services/nftables/affinity.js";
import { textOf } from "../services/nftables/listing.js";
import { tableName } from "../services/nftables/script.js";
import type { Exec } from "./exec.js";
import { listIfThere } from "./nft-json.js";

/** Entries expire while they are looked at, and one that is gone fails the deletion of all: then it is looked again. */
const TRIES = 5;

/** Makes a NatChain's maps forget which clients went to endpoints that are not theirs any more. */
export async function forgetClients(exec: Exec, chain: string, maps: Remembered[]): Promise<void> {
  for (const { family, map, isStale } of maps)
    for (let left = TRIES; left > 0; left--) {
      const name = `${family} ${tableName(chain)} ${map}`;
      const stale = (await entries(exec, name)).filter(([key, value]) => isStale(key, value)).map(([key]) => key);
      if (stale.length === 0) break;
      const input = `delete element ${name} { ${stale.join(", ")} }\n`;
      // Whoever was on the way meanwhile may have put one there again, so it is looked once more in any case
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
