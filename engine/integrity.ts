import { dependenciesOf } from "./resource-state.js";
import type { ResourceState } from "./types.js";
import { isProviderType } from "./urn.js";

/** Throws when a state isn't one that the next run could work with: each reference must lead to a resource before it. */
export function verifyIntegrity(resources: ResourceState[]): void {
  const seen = new Set<string>();
  const live = new Set<string>();
  const providers = new Set<string>();
  for (const state of resources) {
    const { urn } = state;
    if (!urn || !state.type) corrupt(`a resource has no ${urn ? "type" : "URN"}`);
    if (!state.custom && state.id) corrupt(`resource ${urn} has 'custom' false but non-empty ID`);
    if (isProviderType(state.type)) providers.add(`${urn}::${state.id}`);
    if (state.provider && !providers.has(state.provider) && !state.pendingReplacement) {
      corrupt(`resource ${urn} refers to unknown provider ${state.provider}`);
    }
    for (const dependency of dependenciesOf(state)) {
      if (dependency.kind === "provider" || seen.has(dependency.urn)) continue;
      const late = resources.some((other) => other.urn === dependency.urn);
      corrupt(`resource ${urn}'s ${dependency.kind} ${dependency.urn} ${late ? "comes after it" : "is missing"}`);
    }
    if (!state.delete) {
      if (live.has(urn)) corrupt(`duplicate resource ${urn} (not marked for deletion)`);
      live.add(urn);
    }
    seen.add(urn);
  }
}

function corrupt(what: string): never {
  throw new Error(
    `the new state would not be valid, so it was not written: ${what}. This is a bug of the embedded engine`,
  );
}
