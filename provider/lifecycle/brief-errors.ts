import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "../host/private-folder.js";

/**
 * The most characters of an error. gRPC sends errors as headers, with up to nine bytes a character.
 * Headers of more than 64 KiB hang the run (grpc/grpc-node#2399).
 */
const LONGEST = 5_000;

type Calls<T> = { [K in keyof T]: (...args: never[]) => Promise<unknown> };

/** The same calls. A long error is cut: its size and a file with the whole text follow. */
export function tellingBriefly<T extends Calls<T>>(calls: T): T {
  const brief = Object.entries<Calls<T>[keyof T]>(calls).map(([name, call]) => [
    name,
    async (...args: never[]) => {
      try {
        return await call(...args);
      } catch (error) {
        throw shortened(error, name);
      }
    },
  ]);
  return Object.fromEntries(brief) as T;
}

function shortened(error: unknown, call: string): unknown {
  const text = error instanceof Error ? error.message : String(error);
  if (text.length <= LONGEST) return error;
  const lines = text.split("\n").length;
  const size = `${lines === 1 ? "" : `${lines} lines, `}${text.length} characters`;
  const brief = new Error(`${beginning(text)}\n… of ${size}; ${whole(text, call)}`);
  if (error instanceof Error) brief.name = error.name;
  return brief;
}

/** The beginning, up to the end of a line or of an entry in the second half, if there is one. */
function beginning(text: string): string {
  const most = text.slice(0, LONGEST);
  const end = Math.max(most.lastIndexOf("\n"), most.lastIndexOf("; "));
  // A character of two code units stays whole or goes.
  return end > LONGEST / 2 ? most.slice(0, end) : most.replace(/[\ud800-\udbff]$/, "");
}

function whole(text: string, call: string): string {
  try {
    const file = join(privateFolder("error"), call);
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
    return `the whole is in ${file}`;
  } catch (error) {
    return `the whole is lost, since no file could be written: ${(error as Error).message}`;
  }
}
