import type { Writable } from "node:stream";
import { localExec } from "./exec.js";
import * as files from "./files.js";
import { LOCK_WAIT_SECONDS, localLock } from "./lock.js";
import type { Machine } from "./machine.js";

/** This machine, or a named network namespace of it. */
export function localMachine(netns?: string): Machine {
  const held = new Set<Writable>();
  return { exec: localExec(netns, held), files, locked: localLock(netns, LOCK_WAIT_SECONDS, held) };
}
