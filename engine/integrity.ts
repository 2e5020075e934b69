import { dependenciesOf } from "./resource-state.js";
import type { ResourceState } from "./types.js";
import { isProviderType } from "./urn.js";

/**
 * What is wrong with a state: a reference to a resource that isn't there or comes later, a
 * duplicate, or a resource without a required field. Undefined when all is well. A wrong state
 * can't be deleted in order, so it is neither used nor written.
 */
export function integrityProblem(resources: ResourceState[]): string | undefined {
  const seen = new Set<string>();
  const live = new Set<string>();
  const providers = new Set<string>();
  for (const state of resources) {
    const { urn } = state;
    if (!urn || !state.type) return `a resource has no ${urn ? "type" : "URN"}`;
    if (!state.custom && state.id) return `resource ${urn} has 'custom' false but non-empty ID`;
    if (isProviderType(state.type)) providers.add(`${urn}::${state.id}`);
    if (state.provider && !providers.has(state.provider) && !state.pendingReplacement) {
      return `resource ${urn} refers to unknown provider ${state.provider}`;
    }
    for (const dependency of dependenciesOf(state)) {
      if (dependency.kind === "provider" || seen.has(dependency.urn)) continue;
      const late = resources.some((other) => other.urn === dependency.urn);
      return `resource ${urn}'s ${dependency.kind} ${dependency.urn} ${late ? "comes after it" : "is missing"}`;
    }
    if (!state.delete) {
      if (live.has(urn)) return `duplicate resource ${urn} (not marked for deletion)`;
      live.add(urn);
    }
    seen.add(urn);
  }
  return undefined;
}
