import { dependenciesOf } from "../model/resource-state.js";
import type { ResourceState } from "../model/types.js";
import { isProviderType } from "../model/urn.js";

/**
 * What is wrong with a state: a reference to a resource that isn't there or comes later, a
 * duplicate, or a resource without a required field. Undefined when all is well. A wrong state
 * can't be deleted in order, so it is neither used nor written.
 */
export function integrityProblem(resources: ResourceState[]): string | undefined {
  const seen: Seen = { urns: new Set(), live: new Set(), providers: new Set() };
  for (const state of resources) {
    const problem = formProblem(state) ?? placeProblem(state, seen, resources);
    if (problem) return problem;
    seen.urns.add(state.urn);
    if (!state.delete) seen.live.add(state.urn);
  }
  return undefined;
}

/** What came before a resource. */
interface Seen {
  urns: Set<string>;
  /** Without those that are to be deleted. */
  live: Set<string>;
  /** "URN::ID" */
  providers: Set<string>;
}

function formProblem({ urn, type, custom, id }: ResourceState): string | undefined {
  if (!urn || !type) return `a resource has no ${urn ? "type" : "URN"}`;
  return !custom && id ? `resource ${urn} has 'custom' false but non-empty ID` : undefined;
}

/** What is wrong with a resource by what comes before it. A provider comes before itself. */
function placeProblem(state: ResourceState, seen: Seen, resources: ResourceState[]): string | undefined {
  if (isProviderType(state.type)) seen.providers.add(`${state.urn}::${state.id}`);
  return providerProblem(state, seen) ?? dependencyProblem(state, seen, resources) ?? duplicateProblem(state, seen);
}

function providerProblem({ urn, provider, pendingReplacement }: ResourceState, seen: Seen): string | undefined {
  if (!provider || seen.providers.has(provider) || pendingReplacement) return undefined;
  return `resource ${urn} refers to unknown provider ${provider}`;
}

function dependencyProblem(state: ResourceState, seen: Seen, resources: ResourceState[]): string | undefined {
  const found = dependenciesOf(state).find(({ kind, urn }) => kind !== "provider" && !seen.urns.has(urn));
  if (!found) return undefined;
  const late = resources.some((other) => other.urn === found.urn);
  return `resource ${state.urn}'s ${found.kind} ${found.urn} ${late ? "comes after it" : "is missing"}`;
}

const duplicateProblem = (state: ResourceState, seen: Seen): string | undefined =>
  !state.delete && seen.live.has(state.urn) ? `duplicate resource ${state.urn} (not marked for deletion)` : undefined;
