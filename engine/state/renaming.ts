import { isObject } from "../model/json.js";
import { isReference, isSecret } from "../model/properties.js";
import type { PropertyValue, ResourceState, Snapshot } from "../model/types.js";
import { makeUrnOfType, providerUrn, qualifiedType, STACK_TYPE, urnName, urnProject, urnStack } from "../model/urn.js";

/** A stack by its names. */
interface Names {
  project: string;
  name: string;
}

/**
 * A state under other names of its stack: in all that names a resource of it, references in
 * properties among that.
 */
export function renamed(latest: Snapshot, from: Names, to: Names): Snapshot {
  const { resources, pending_operations: operations } = latest;
  const rename = renamer(from, to);
  return {
    ...latest,
    resources: resources.map(rename),
    ...(operations && {
      pending_operations: operations.map((each) => ({ ...each, resource: rename(each.resource) })),
    }),
  };
}

const ONE = ["urn", "parent", "deletedWith", "viewOf"] as const;
const SEVERAL = ["dependencies", "replaceWith", "aliases"] as const;
const PROPERTIES = ["inputs", "outputs", "replacementTrigger"] as const;

function renamer(from: Names, to: Names): (resource: ResourceState) => ResourceState {
  const urnOf = (urn: string): string => {
    if (urnStack(urn) !== from.name || urnProject(urn) !== from.project) return urn;
    const type = qualifiedType(urn);
    return makeUrnOfType(
      to.name,
      to.project,
      "",
      type,
      type === STACK_TYPE ? `${to.project}-${to.name}` : urnName(urn),
    );
  };
  const named = (value: PropertyValue): PropertyValue => {
    if (Array.isArray(value)) return value.map(named);
    if (!isObject(value)) return value;
    if (isReference(value)) return { ...value, urn: urnOf(String(value.urn)) };
    // In a file it is sealed: what it may refer to stays.
    if (isSecret(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, named(each)]));
  };
  const reference = (provider: string) => {
    const urn = providerUrn(provider);
    return urnOf(urn) + provider.slice(urn.length);
  };
  const byProperty = (urns: Record<string, string[] | null>) =>
    Object.fromEntries(Object.entries(urns).map(([key, each]) => [key, each?.map(urnOf) ?? each]));
  return (resource) => ({
    ...resource,
    ...changed(resource, ONE, (urn) => urnOf(urn as string)),
    ...changed(resource, SEVERAL, (urns) => (urns as string[]).map(urnOf)),
    ...changed(resource, PROPERTIES, (value) => named(value as PropertyValue)),
    ...changed(resource, ["provider"], (provider) => reference(provider as string)),
    ...changed(resource, ["propertyDependencies"], (urns) => byProperty(urns as Record<string, string[] | null>)),
  });
}

/** What becomes of those of these keys that a resource has. */
const changed = (resource: ResourceState, keys: readonly string[], change: (value: unknown) => unknown) =>
  Object.fromEntries(keys.filter((key) => resource[key]).map((key) => [key, change(resource[key])]));
