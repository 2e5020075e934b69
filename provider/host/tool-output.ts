import { HostError, unreadable } from "../kernel/errors.js";
import { wasCutShort } from "./classify.js";
import type { Finished } from "./exec.js";

/** JSON that a tool has printed. Throws HostError: half of it is none of it. */
export function parseJson(tool: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unreadable(tool, `${(error as Error).message}, at the end of ${JSON.stringify(text.slice(-60))}`);
  }
}

/**
 * How often a listing is asked for that the kernel has cut short, since something changed amid it.
 */
const TRIES = 5;

/** An answer of `ip` that is whole. Throws HostError where it is cut short each time. */
export async function wholly(ask: () => Promise<Finished>): Promise<Finished> {
  for (let tries = 1; ; tries++) {
    const finished = await ask();
    const said = [finished.stdout, finished.stderr].find(wasCutShort);
    if (said === undefined) return finished;
    if (tries === TRIES)
      throw new HostError("busy", "ip", `its listings were cut short by changes amid them, ${TRIES} times in a row`);
  }
}
