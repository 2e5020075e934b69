import { randomUUID } from "node:crypto";
import type { Owner } from "../ownership/mark.js";
import type { Inputs } from "./inputs.js";
import { ownerNow } from "./stated.js";

/**
 * The things that the program of this run has, with their outputs. When an update from A to B fails half-way, A stays in the state file as what is still to
 * be deleted; if the program then goes back to A, A is made again, and the engine deletes the former A in the end, as if the two were two things. By
 * name they are one: of the former one goes what the one that the program has does not have.
 */
const current = new Map<string, Inputs>();

/** A thing of a resource, by its id in the state file. */
export interface Thing {
  kind: string;
  id: string;
  /** Its name. */
  host: string;
  owner: Owner;
}

/** By the name that the program has for it. */
function keyOf({ kind, id, host, owner }: Thing): string {
  const { stack, resource } = ownerNow(kind, owner);
  return JSON.stringify([host, kind, id, stack, resource]);
}

/** What a thing that is made gets into its outputs, to tell it from one of the same name that was there before. */
export const newInstance = (): Inputs => ({ __instance: randomUUID() });

/** The program has this one. */
export const have = (thing: Thing, outs: Inputs) => current.set(keyOf(thing), outs);

/** For one that is to be deleted: the outputs of the other one of its name that the program has. */
export function successor(thing: Thing, { __instance }: Inputs): Inputs | undefined {
  const key = keyOf(thing);
  const outs = current.get(key);
  if (outs?.__instance !== __instance) return outs;
  current.delete(key);
  return undefined;
}
