/**
 * The engine starts a program's process while it still derives the key of the stack. The process
 * loads the SDK and waits here until it is told what it is started for. Where it isn't wanted after
 * all, or its engine has ended, it ends before it has run anything of the program.
 *
 * For speed. It relies on cmd/run/index, which loads minimist before it reads its arguments. Where
 * it doesn't, the process never says that it waits, and the engine starts another one.
 */
import { closeSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { removeAtTheEnd } from "./end-with-parent.cjs";
import { loader, mend } from "./sdk-files.cjs";
import { takeSettings } from "./settings.cjs";

export interface Held {
  /** The descriptor by which it is told. */
  fd: number;
  /** The SDK's cmd/run: the path. */
  script: string;
}

/** What it is started for. */
export interface StartedFor {
  args: string[];
  env: Record<string, string>;
  /** See end-with-parent.cts. */
  folders: string[];
}

const settings = takeSettings<Held>("held");
if (settings) mend({ "minimist/index": () => hold(settings) });

function hold({ fd, script }: Held): void {
  // What a program loads too, and what runs it.
  loader._load(join(dirname(script), "../../index.js"));
  loader._load(join(dirname(script), "run.js"));
  writeSync(fd, ".");
  const text = readAll(fd);
  closeSync(fd);
  if (text === "") process.exit(0);
  const { args, env, folders } = JSON.parse(text) as StartedFor;
  process.argv.push(...args);
  Object.assign(process.env, env);
  removeAtTheEnd(folders);
}

function readAll(fd: number): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    const size = readSync(fd, chunk);
    if (size === 0) return Buffer.concat(chunks).toString();
    chunks.push(Buffer.from(chunk.subarray(0, size)));
  }
}
