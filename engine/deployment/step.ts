import type { PropertyDifference } from "../model/difference.js";
import type { ResourceState, StepOp } from "../model/types.js";
import { isProviderType } from "../model/urn.js";
import type { Goal } from "../protocol/goal.js";

/** A resource that the program registered, and who waits for what becomes of it. */
export interface Registration {
  goal: Goal;
  done(state: ResourceState): void;
}

/** What a difference between the state and the program amounts to. */
export interface Changes {
  keys?: string[];
  diffs?: string[];
  detailedDiff?: Record<string, PropertyDifference>;
}

/**
 * One thing to do, as data: the generator makes it, `apply` does it, snapshot and display show it.
 */
export interface Step extends Changes {
  kind: "same" | "create" | "update" | "delete" | "replace" | "remove-pending-replace" | "refresh" | "read";
  op: StepOp;
  urn: string;
  type: string;
  provider: string;
  old?: ResourceState;
  new?: ResourceState;
  /** Whether it counts: a replacement is made of three steps and counts once. */
  logical: boolean;
  /** Not shown: of the provider resource, or book-keeping. */
  internal: boolean;
  /** On a create: the replaced one is to be deleted at the end. */
  pendingDelete?: boolean;
  /** On a delete: stays in the state until the replacement is there. */
  pendingReplacement?: boolean;
  /**
   * On a same: the resource isn't there and isn't made, since it is no target. It doesn't go into
   * the state.
   */
  skippedCreate?: boolean;
  registration?: Registration;
  /** Of a refresh: what was found. */
  result?: "same" | "update" | "delete";
}

/** The state that a step is about. */
export const subject = (step: Step): ResourceState =>
  (step.kind === "delete" || step.kind === "refresh" || step.kind === "remove-pending-replace" ? step.old : step.new)!;

function make(kind: Step["kind"], op: StepOp, about: ResourceState, rest: Partial<Step>): Step {
  const { urn, type, provider = "" } = about;
  const internal = (isProviderType(type) && urn.endsWith("::default")) || kind === "remove-pending-replace";
  return { kind, op, urn, type, provider, logical: true, internal, ...rest };
}

export const sameStep = (registration: Registration, old: ResourceState, now: ResourceState): Step =>
  make("same", "same", now, { old, new: now, registration });

/**
 * What isn't worked on stays as the state has it. A dependency that the program hasn't registered
 * has no registration.
 */
export const untargetedStep = (old: ResourceState, registration?: Registration): Step =>
  make("same", "same", old, { old, new: { ...old, id: undefined }, registration });

export const skippedCreateStep = (registration: Registration, now: ResourceState): Step =>
  make("same", "same", now, { old: { ...now }, new: now, registration, skippedCreate: true });

export const createStep = (registration: Registration, now: ResourceState): Step =>
  make("create", "create", now, { new: now, registration });

export const updateStep = (
  registration: Registration,
  old: ResourceState,
  now: ResourceState,
  changes: Changes,
): Step => make("update", "update", now, { old, new: now, registration, ...changes, keys: undefined });

/** Reads what belongs to somebody else. */
export const readStep = (registration: Registration, old: ResourceState | undefined, now: ResourceState): Step =>
  make("read", "read", now, { old, new: now, registration });

export const deleteStep = (old: ResourceState): Step =>
  make("delete", old.external ? "discard" : "delete", old, { old });

/** Deletes what was replaced, or, with `pendingReplacement`, what is about to be. */
export const deleteReplacedStep = (old: ResourceState, pendingReplacement: boolean): Step =>
  make("delete", "delete-replaced", old, { old, logical: false, pendingReplacement });

export const removePendingReplaceStep = (old: ResourceState): Step =>
  make("remove-pending-replace", "discard", old, { old, logical: false });

export const refreshStep = (old: ResourceState): Step =>
  make("refresh", "refresh", old, { old, new: old, logical: false });

/** The two steps of a replacement that is created; `pendingDelete` when the old one still lives. */
export function replaceSteps(
  registration: Registration,
  old: ResourceState,
  now: ResourceState,
  changes: Changes,
  pendingDelete: boolean,
): Step[] {
  const replace = make("replace", "replace", now, { old, new: now, ...changes });
  const create = make("create", "create-replacement", now, {
    old,
    new: now,
    registration,
    logical: false,
    pendingDelete,
    ...changes,
  });
  return pendingDelete ? [create, replace] : [replace, create];
}
