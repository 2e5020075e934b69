import { deepEquals } from "./difference.js";
import type { PropertyValue, ResourceState } from "./types.js";
import { providerUrn } from "./urn.js";

/** The keys of a resource in a checkpoint, in the CLI's order. All that this engine understands. */
const KEYS = [
  ...["urn", "custom", "delete", "id", "type", "inputs", "outputs", "parent", "protect", "taint", "external"],
  ...["dependencies", "initErrors", "provider", "propertyDependencies", "pendingReplacement"],
  ...["additionalSecretOutputs", "aliases", "customTimeouts", "importID", "retainOnDelete", "deletedWith"],
  ...["replaceWith", "created", "modified", "sourcePosition", "stackTrace", "ignoreChanges", "hideDiff"],
  ...["replaceOnChanges", "replacementTrigger"],
];

/** Keys that say where a resource was declared. They change with every edit and decide nothing. */
const POSITIONS = new Set(["sourcePosition", "stackTrace"]);

/** The first key of a resource that this engine doesn't understand, and so can't carry on. */
export function foreignKey(state: ResourceState): string | undefined {
  return Object.keys(state).find((key) => !KEYS.includes(key));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** A copy as a checkpoint holds it: known order of keys, none that is empty. */
export function canonical(state: ResourceState): ResourceState {
  const result: Record<string, unknown> = {};
  for (const key of KEYS) if (key === "custom" || !isEmpty(state[key])) result[key] = state[key];
  return result as ResourceState;
}

/**
 * `canonical`, which returns the same copy while a state stays as it was. A state is given new
 * values, and no value is ever changed in place. A repeated write of hundreds of resources sees by
 * that which of them changed.
 */
export function remembering(): typeof canonical {
  const known = new WeakMap<ResourceState, { as: ResourceState; copy: ResourceState }>();
  return (state) => {
    const last = known.get(state);
    if (last && KEYS.every((key) => last.as[key] === state[key])) return last.copy;
    const copy = canonical(state);
    known.set(state, { as: { ...state }, copy });
    return copy;
  };
}

/**
 * Keys that may wait for the last write of a run. A refresh drops them where they are empty, and
 * the next run has them again.
 */
const UNHURRIED = new Set([
  "propertyDependencies",
  "additionalSecretOutputs",
  "ignoreChanges",
  "replaceOnChanges",
  "hideDiff",
]);

/**
 * Whether two states are the same, without positions in the source, and with `urgentOnly` without
 * what may wait.
 */
export function sameState(a: ResourceState, b: ResourceState, urgentOnly = false): boolean {
  const [left, right] = [canonical(a), canonical(b)];
  return KEYS.every(
    (key) =>
      POSITIONS.has(key) ||
      (urgentOnly && UNHURRIED.has(key)) ||
      deepEquals((left[key] ?? null) as PropertyValue, (right[key] ?? null) as PropertyValue),
  );
}

/** A reference from one resource to another, and where it stands. */
export interface Dependency {
  kind: "parent" | "dependency" | "property" | "deletedWith" | "replaceWith" | "provider";
  urn: string;
}

/** All that a resource refers to, its provider last. */
export function dependenciesOf(state: ResourceState): Dependency[] {
  const result: Dependency[] = [];
  const add = (kind: Dependency["kind"], urn: string | undefined) => {
    if (urn) result.push({ kind, urn });
  };
  add("parent", state.parent);
  for (const urn of state.dependencies ?? []) add("dependency", urn);
  for (const urns of Object.values(state.propertyDependencies ?? {}))
    for (const urn of urns ?? []) add("property", urn);
  add("deletedWith", state.deletedWith);
  for (const urn of state.replaceWith ?? []) add("replaceWith", urn);
  if (state.provider) add("provider", providerUrn(state.provider));
  return result;
}

/** A copy in which `change` maps each URN in the resource, its own too; `undefined` drops it. */
export function mapReferences(
  state: ResourceState,
  change: (urn: string, kind: Dependency["kind"] | "self") => string | undefined,
): ResourceState {
  const list = (urns: string[], kind: Dependency["kind"]) =>
    urns.map((urn) => change(urn, kind)).filter((urn) => urn !== undefined);
  const result = { ...state, urn: change(state.urn, "self") ?? state.urn };
  if (state.parent) result.parent = change(state.parent, "parent");
  if (state.dependencies) result.dependencies = list(state.dependencies, "dependency");
  if (state.propertyDependencies) {
    result.propertyDependencies = Object.fromEntries(
      Object.entries(state.propertyDependencies).map(([key, urns]) => [key, list(urns ?? [], "property")]),
    );
  }
  if (state.deletedWith) result.deletedWith = change(state.deletedWith, "deletedWith");
  if (state.replaceWith) result.replaceWith = list(state.replaceWith, "replaceWith");
  if (state.provider) {
    const urn = providerUrn(state.provider);
    result.provider = `${change(urn, "provider") ?? urn}${state.provider.slice(urn.length)}`;
  }
  return result;
}
