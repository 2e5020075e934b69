import { randomUUID } from "node:crypto";
import type { Inputs } from "./inputs.js";
import type { Owner } from "./model/ownership.js";

/**
 * Which making of a thing the program of this run has. When an update from A to B fails half-way, A stays in the state file as what is still to be
 * deleted; if the program then goes back to A, A is made again, and the engine deletes the former A in the end, as if the two were two things.
 * By name they are one: only the delete of the one that the program has takes it away.
 */
const current = new Map<string, unknown>();

/** A thing of a resource, by its id in the state file. */
export interface Thing {
  kind: string;
  id: string;
  /** Its name. */
  host: string;
  owner: Owner;
}

const keyOf = ({ kind, id, host, owner }: Thing) => JSON.stringify([host, kind, id, owner.stack, owner.resource]);

/** What a thing that is made gets into its outputs, to tell it from one of the same name that was there before. */
export const newInstance = (): Inputs => ({ __instance: randomUUID() });

/** The program has this one. */
export const have = (thing: Thing, { __instance }: Inputs) => current.set(keyOf(thing), __instance);

/** Is it one that was replaced, and has the program another one of its name by now? */
export function isFormer(thing: Thing, { __instance }: Inputs): boolean {
  const key = keyOf(thing);
  return current.has(key) && current.get(key) !== __instance;
}
