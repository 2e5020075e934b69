import { randomUUID } from "node:crypto";
import { deepEquals, invert } from "../model/difference.js";
import { InitError, ProtectedError } from "../model/errors.js";
import { UNKNOWN } from "../model/properties.js";
import type { PropertyMap, ResourceState } from "../model/types.js";
import { isProviderType } from "../model/urn.js";
import type { Context } from "./context.js";
import { resourceDiff } from "./differ.js";
import { readStack } from "./stack-reference.js";
import type { Step } from "./step.js";

/**
 * Does what a step says, and writes the result into its states. Throws an InitError where there is
 * something to keep.
 */
export async function apply(context: Context, step: Step): Promise<void> {
  switch (step.kind) {
    case "same":
      Object.assign(step.new!, { id: step.old!.id, outputs: step.old!.outputs });
      return;
    case "create":
      return create(context, step);
    case "update":
      return update(context, step.old!, step.new!);
    case "delete":
      return remove(context, step);
    case "refresh":
      return refresh(context, step);
    case "read":
      return read(context, step.old, step.new!);
    case "replace":
    case "remove-pending-replace":
      return;
  }
}

async function create(context: Context, { urn, old, new: now, pendingDelete }: Step): Promise<void> {
  const state = now!;
  let failure: InitError | undefined;
  if (isProviderType(state.type)) {
    state.id = context.dryRun ? UNKNOWN : randomUUID();
    state.outputs = state.inputs;
  } else if (state.custom && context.dryRun) {
    state.outputs = state.inputs;
  } else if (state.custom) {
    try {
      const { id, outputs } = await context.provider.create(urn, state.inputs ?? {});
      Object.assign(state, { id, outputs });
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      failure = error;
      Object.assign(state, { id: error.id, outputs: error.properties, initErrors: error.reasons });
    }
  }
  state.created = state.modified = new Date().toISOString();
  if (pendingDelete) old!.delete = true;
  if (failure) throw failure;
}

async function update(context: Context, old: ResourceState, now: ResourceState): Promise<void> {
  now.id = old.id;
  now.created = old.created;
  now.modified = old.modified;
  if (!now.custom) return;
  let failure: InitError | undefined;
  if (isProviderType(now.type) || context.dryRun) now.outputs = now.inputs;
  else {
    try {
      now.outputs = await context.provider.update(
        now.urn,
        old.id!,
        old.inputs ?? {},
        old.outputs ?? {},
        now.inputs ?? {},
      );
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      failure = error;
      now.outputs = error.properties as PropertyMap;
      now.initErrors = error.reasons;
    }
  }
  now.modified = new Date().toISOString();
  if (failure) throw failure;
}

async function remove(context: Context, { op, old, pendingReplacement }: Step): Promise<void> {
  const state = old!;
  if (op === "delete" && state.protect) throw new ProtectedError(state.urn);
  const gone = state.deletedWith !== undefined && context.deletes.has(state.deletedWith);
  const call = state.custom && !state.external && !state.retainOnDelete && !gone && !isProviderType(state.type);
  if (call && !context.dryRun) {
    await context.provider.delete(state.urn, state.id!, state.inputs ?? {}, state.outputs ?? {});
  }
  if (pendingReplacement) state.pendingReplacement = true;
}

/** Also in a preview: it changes nothing, and what comes after needs it. */
async function read(context: Context, old: ResourceState | undefined, now: ResourceState): Promise<void> {
  now.outputs = await readStack(context.request, now.inputs?.name);
  if (!old) return;
  const same = deepEquals(old.inputs ?? {}, now.inputs ?? {}) && deepEquals(old.outputs ?? {}, now.outputs);
  Object.assign(now, { created: old.created, modified: same ? old.modified : new Date().toISOString() });
}

/** What a refresh has found of a resource; the id is "" when it is gone. */
interface Found {
  id: string;
  inputs?: PropertyMap;
  outputs: PropertyMap;
  initErrors?: string[];
}

async function find(context: Context, old: ResourceState): Promise<Found> {
  if (old.external)
    return { id: old.id!, inputs: old.inputs, outputs: await readStack(context.request, old.inputs?.name) };
  try {
    return await context.provider.read(old.urn, old.id!, old.inputs ?? {}, old.outputs ?? {});
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    const list = error.reasons.join("\n* ");
    context.reporter.diagnostic("warning", `Refreshed resource is in an unhealthy state:\n* ${list}`, old.urn);
    return { id: error.id, outputs: error.properties as PropertyMap, initErrors: error.reasons };
  }
}

async function refresh(context: Context, step: Step): Promise<void> {
  const old = step.old!;
  step.result = "same";
  if (!old.custom || isProviderType(old.type) || old.pendingReplacement) return;
  const found = await find(context, old);
  if (found.id === "") {
    step.result = "delete";
    step.new = undefined;
    return;
  }
  const now: ResourceState = {
    ...old,
    id: found.id,
    initErrors: found.initErrors,
    inputs: found.inputs ?? old.inputs,
    outputs: found.outputs,
  };
  step.new = now;
  const equal = (a: PropertyMap = {}, b: PropertyMap = {}) => deepEquals(a, b);
  if (!equal(now.inputs, old.inputs) || !equal(now.outputs, old.outputs)) now.modified = new Date().toISOString();
  if (old.external) {
    if (!equal(now.outputs, old.outputs)) step.result = "update";
    return;
  }
  // What would bring the found back to the wanted is, seen from the other side, what has changed.
  const diff = await resourceDiff(context, now, old.inputs ?? {}, old.ignoreChanges ?? [], context.dryRun);
  step.diffs = diff.diffs;
  step.detailedDiff = diff.detailedDiff && invert(diff.detailedDiff);
  if (diff.changed) step.result = "update";
}
