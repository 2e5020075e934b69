import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "./host/private-folder.js";

/**
 * The most characters of an error. An engine hears of errors in a header of gRPC, which must stay below 64 KiB with up to nine bytes a character, or the
 * run hangs (grpc/grpc-node#2399); and nobody reads more at once.
 */
const LONGEST = 5_000;

type Calls<T> = { [K in keyof T]: (...args: never[]) => Promise<unknown> };

/** The same calls; of a long error they throw the beginning, with its size and a file that has the whole. */
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

/** Ends between two lines, or between two things of a list, where there is one in the second half. */
function beginning(text: string): string {
  const most = text.slice(0, LONGEST);
  const end = Math.max(most.lastIndexOf("\n"), most.lastIndexOf("; "));
  // Nor within a character.
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
