import { type Owner, parseOwner } from "../ownership/mark.js";

/**
 * What the state file calls the owners of the resources that this run's program has: a stack, a
 * project or a resource may have been renamed since. A resource that is not in here is not in the
 * state.
 */
const statedNames = new Map<string, string>();
const namesNow = new Map<string, string>();

const textOf = ({ stack, resource }: Owner) => `${stack}/${resource}`;

/**
 * The engine has told of a resource of the program, with what the state file has of it; both as
 * `__owner`.
 */
export function noteStated(kind: string, owner: string, stated: unknown): void {
  if (typeof stated !== "string") return;
  statedNames.set(`${kind} ${owner}`, stated);
  namesNow.set(`${kind} ${stated}`, owner);
}

/** The owner in the state file; undefined for what is not in it. */
export function statedOwner(kind: string, owner: Owner): Owner | undefined {
  const stated = statedNames.get(`${kind} ${textOf(owner)}`);
  return stated === undefined ? undefined : parseOwner(stated);
}

/** What an owner in the state file is called by the program. */
export function ownerNow(kind: string, stated: Owner): Owner {
  const now = namesNow.get(`${kind} ${textOf(stated)}`);
  return now === undefined ? stated : parseOwner(now);
}
