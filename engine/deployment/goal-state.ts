import { deepEquals } from "../model/difference.js";
import { reveal, UNKNOWN } from "../model/properties.js";
import type { PropertyValue, ResourceState } from "../model/types.js";
import type { Goal } from "../protocol/goal.js";

/** The state that a goal asks for, before anything is done. */
export function newState(
  urn: string,
  goal: Goal,
  old: ResourceState | undefined,
  alias: string | undefined,
): ResourceState {
  return {
    urn,
    custom: goal.custom,
    type: goal.type,
    id: goal.read?.id,
    external: goal.read !== undefined,
    inputs: goal.properties,
    parent: goal.parent,
    protect: goal.protect ?? false,
    dependencies: goal.dependencies,
    provider: goal.provider,
    propertyDependencies: goal.propertyDependencies,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    aliases: alias ? [alias] : [],
    customTimeouts: goal.customTimeouts,
    retainOnDelete: goal.retainOnDelete ?? false,
    deletedWith: goal.deletedWith,
    replaceWith: goal.replaceWith,
    created: old?.created,
    modified: old?.modified,
    sourcePosition: goal.sourcePosition,
    ignoreChanges: goal.ignoreChanges,
    replaceOnChanges: goal.replaceOnChanges,
    hideDiff: goal.hideDiff,
    replacementTrigger: goal.replacementTrigger,
  };
}

/** Whether a `replacementTrigger` has changed. */
export function isTriggered(old: PropertyValue | undefined, now: PropertyValue | undefined): boolean {
  const [before, after] = [reveal(old ?? null), reveal(now ?? null)];
  if (before === UNKNOWN || after === UNKNOWN) return true;
  return before !== null && after !== null && !deepEquals(before, after);
}
