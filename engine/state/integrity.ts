import type { ResourceState, Snapshot } from "../types.js";

/**
 * What is wrong with a state: a reference to a resource that isn't there or comes later, or a resource twice.
 * Undefined when all is well. Such a state can't be deleted in order, so neither engine works with it.
 */
export function integrityProblem(snapshot: Snapshot): string | undefined {
  const seen = new Set<string>();
  const live = new Set<string>();
  const providers = new Set<string>();
  for (const resource of snapshot.resources) {
    const problem = problemOf(resource, seen, providers);
    if (problem) return `resource ${resource.urn} ${problem}`;
    if (!resource.delete) {
      if (live.has(resource.urn)) return `resource ${resource.urn} is there twice`;
      live.add(resource.urn);
    }
    seen.add(resource.urn);
    if (resource.type.startsWith("pulumi:providers:")) providers.add(`${resource.urn}::${resource.id}`);
  }
  return undefined;
}

function problemOf(resource: ResourceState, seen: Set<string>, providers: Set<string>): string | undefined {
  if (resource.provider && !providers.has(resource.provider) && !resource.pendingReplacement) {
    return `refers to the provider ${resource.provider}, which doesn't come before it`;
  }
  if (resource.parent && !seen.has(resource.parent)) {
    return `has the parent ${resource.parent}, which doesn't come before it`;
  }
  const references = new Set([
    ...(resource.dependencies ?? []),
    ...Object.values(resource.propertyDependencies ?? {}).flatMap((urns) => urns ?? []),
    ...(resource.deletedWith ? [resource.deletedWith] : []),
  ]);
  for (const urn of references) {
    if (!seen.has(urn)) return `depends on ${urn}, which doesn't come before it`;
  }
  return undefined;
}
