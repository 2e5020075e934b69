import { UNKNOWN } from "../model/properties.js";
import { dependenciesOf } from "../model/resource-state.js";
import type { PropertyMap, ResourceState } from "../model/types.js";
import { isProviderType } from "../model/urn.js";
import type { Context } from "./context.js";
import { isReplace, replaceOnChanges, resourceDiff } from "./differ.js";

/** A resource to delete before the one it depends on, and the keys that are the reason. */
export interface DependentReplacement {
  state: ResourceState;
  keys: string[];
}

/**
 * All that depends on a resource of the state, directly or not, in the state's order. Children only
 * when asked for.
 */
function dependingOn(context: Context, root: ResourceState, ignore: (urn: string) => boolean): ResourceState[] {
  const urns = new Set([root.urn]);
  const result: ResourceState[] = [];
  for (const state of context.base.slice(context.base.indexOf(root) + 1)) {
    if (ignore(state.urn)) continue;
    if (!dependenciesOf(state).some(({ kind, urn }) => kind !== "parent" && urns.has(urn))) continue;
    result.push(state);
    urns.add(state.urn);
  }
  return result;
}

/**
 * What else must be replaced when `root` is deleted before its replacement: what depends on it by
 * an option, and dependents that their provider can't update when values from `root` become
 * unknown.
 */
export async function dependentReplacements(
  context: Context,
  root: ResourceState,
  urn: string,
  settled: (urn: string) => boolean,
): Promise<DependentReplacement[]> {
  const result: DependentReplacement[] = [];
  const replaced = new Set([root.urn]);
  for (const state of dependingOn(context, root, settled)) {
    const keys = await replacementKeys(context, state, replaced);
    if (!keys) continue;
    result.push({ state, keys });
    replaced.add(state.urn);
  }
  for (const state of context.olds.values()) {
    if (result.some((dependent) => dependent.state === state)) continue;
    if (state.deletedWith === urn || state.replaceWith?.includes(urn)) result.push({ state, keys: [] });
  }
  return result;
}

/** Undefined when a dependent may stay. */
async function replacementKeys(
  context: Context,
  state: ResourceState,
  replaced: Set<string>,
): Promise<string[] | undefined> {
  if (!state.custom || state.external || isProviderType(state.type)) return undefined;
  if (state.deletedWith && replaced.has(state.deletedWith)) return [];
  const inputs: PropertyMap = { ...state.inputs };
  let touched = false;
  for (const key of Object.keys(inputs)) {
    if (!state.propertyDependencies?.[key]?.some((urn) => replaced.has(urn))) continue;
    inputs[key] = UNKNOWN;
    touched = true;
  }
  if (!touched) return undefined;
  const found = await resourceDiff(context, state, inputs, state.ignoreChanges ?? [], true);
  const diff = replaceOnChanges(found, state.replaceOnChanges ?? [], false);
  return isReplace(diff) ? diff.replaces : undefined;
}
