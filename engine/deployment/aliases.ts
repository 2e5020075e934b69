import { makeUrn, makeUrnOfType, qualifiedType, STACK_TYPE, urnName, urnType } from "../model/urn.js";
import type { Alias } from "../protocol/goal.js";

/** Where a resource stands whose old names are sought. */
export interface Place {
  stack: string;
  project: string;
  type: string;
  name: string;
  parent?: string;
  /** The URN that a resource of this run had in the state, by its new URN. */
  aliasOf(urn: string): string | undefined;
}

function toUrn(alias: Alias, place: Place): string {
  if (alias.urn) return alias.urn;
  let parent = alias.parent ? (place.aliasOf(alias.parent) ?? alias.parent) : place.parent;
  if (alias.noParent || (parent && qualifiedType(parent) === STACK_TYPE)) parent = undefined;
  const { stack = place.stack, project = place.project, type = place.type, name = place.name } = alias;
  return makeUrn(stack, project, parent, type, name);
}

/**
 * All URNs that a resource may have in the state besides its own: by its aliases, its parent's, and
 * both together.
 */
export function oldUrns(aliases: Alias[], place: Place): string[] {
  const urns = new Set(aliases.map((alias) => toUrn(alias, place)));
  const oldParent = place.parent && place.aliasOf(place.parent);
  if (place.parent && oldParent) {
    const parentName = urnName(place.parent);
    // A child's name usually begins with its parent's, so it was another one when the parent's was.
    const inherited = (type: string, name: string) => {
      const oldName = name.startsWith(parentName) ? urnName(oldParent) + name.slice(parentName.length) : name;
      return makeUrnOfType(place.stack, place.project, qualifiedType(oldParent), type, oldName);
    };
    urns.add(inherited(place.type, place.name));
    for (const alias of aliases) {
      const urn = toUrn(alias, place);
      urns.add(inherited(urnType(urn), urnName(urn)));
    }
  }
  return [...urns];
}
