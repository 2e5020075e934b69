import type { PropertyMap, ResourceState } from "../model/types.js";
import type { Goal } from "../protocol/goal.js";
import { check } from "./check.js";
import type { Context } from "./context.js";
import { ignoreChanges } from "./differ.js";

/**
 * The inputs of a resource that is worked on, with `ignoreChanges` as they were; of a custom one as
 * its provider completes them. `fresh`: it is made anew, so nothing of the old one holds.
 */
export async function wantedInputs(
  context: Context,
  goal: Goal,
  old: ResourceState | undefined,
  now: ResourceState,
  fresh: boolean,
): Promise<PropertyMap | undefined> {
  if (!goal.custom && !old) return now.inputs;
  const before = old?.inputs ?? {};
  const wanted = old ? ignoreChanges(context, now.urn, goal.properties, before, goal.ignoreChanges) : goal.properties;
  if (!goal.custom) return wanted;
  return await check(context, now, fresh ? {} : before, fresh ? goal.properties : wanted);
}
