import { unreadable } from "../errors.js";

/** JSON that a tool has printed. Throws HostError: half of it is none of it. */
export function parseJson(tool: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unreadable(tool, `${(error as Error).message}, at the end of ${JSON.stringify(text.slice(-60))}`);
  }
}
