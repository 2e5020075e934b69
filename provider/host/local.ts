import { localExec } from "./exec.js";
import * as files from "./files.js";
import { localLock } from "./lock.js";
import type { Machine } from "./machine.js";

/** This machine, or a named network namespace of it. */
export function localMachine(netns?: string): Machine {
  return { exec: localExec(netns), files, locked: localLock(netns) };
}
