import { Refusal } from "../kernel/errors.js";
import type { Link, NetView } from "../kernel/snapshot.js";
import { ipThere, where } from "./where.js";

/** The interface that has a name as an alternative one. */
function byAltname(name: string, { links }: NetView): Link | undefined {
  if (links.has(name)) return undefined;
  return [...links.values()].find(({ altnames }) => altnames?.includes(name));
}

/** Throws a Refusal where another interface has the name of a new one as an alternative name. */
export function mustBeFreeName(name: string, argument: string, view: NetView, namespace?: string): void {
  const holder = byAltname(name, view);
  if (!holder) return;
  throw new Refusal(
    argument,
    `"${name}" is an alternative name of interface ${holder.name}${where(namespace)}: give this one another name, or take that one away (${ipThere(namespace)} link property del dev ${holder.name} altname ${name})`,
  );
}

/** Throws a Refusal where the name of an interface that is to be used is an alternative one. */
export function mustBeFirstName(name: string, argument: string, view: NetView): void {
  const holder = byAltname(name, view);
  if (holder)
    throw new Refusal(argument, `"${name}" is an alternative name of interface ${holder.name}: write "${holder.name}"`);
}
