import { randomUUID } from "node:crypto";
import type { Owner } from "../ownership/mark.js";
import type { Inputs } from "./inputs.js";
import type { StatedOwners } from "./stated.js";

/** A thing of a resource, by its id in the state file. */
export interface Instance {
  kind: string;
  id: string;
  /** Its name. */
  host: string;
  owner: Owner;
}

/**
 * What a thing that is made gets into its outputs, to tell it from one of the same name that was
 * there before.
 */
export const newInstance = (): Inputs => ({ __instance: randomUUID() });

/**
 * The things that the program has, with their outputs. When an update from A to B fails half-way, A
 * stays in the state file as what is still to be deleted. If the program then goes back to A, A is
 * made again, and in the end the engine deletes the former A, as if the two were two things. By
 * name they are one: a deletion of the former one takes away only what the one that the program has
 * does not have.
 */
export class Instances {
  private readonly current = new Map<string, Inputs>();

  constructor(private readonly stated: StatedOwners) {}

  /** The program has this one. */
  have(thing: Instance, outs: Inputs): void {
    this.current.set(this.keyOf(thing), outs);
  }

  /**
   * For one that is to be deleted: the outputs of the other one of its name that the program has.
   */
  replacementOf(thing: Instance, { __instance }: Inputs): Inputs | undefined {
    const key = this.keyOf(thing);
    const outs = this.current.get(key);
    if (outs?.__instance !== __instance) return outs;
    this.current.delete(key);
    return undefined;
  }

  /** By the name that the program has for it. */
  private keyOf({ kind, id, host, owner }: Instance): string {
    const { stack, resource } = this.stated.ownerNow(kind, owner);
    return JSON.stringify([host, kind, id, stack, resource]);
  }
}
