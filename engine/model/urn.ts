import type { ResourceState } from "./types.js";

/** The type of the root resource of every stack. */
export const STACK_TYPE = "pulumi:pulumi:Stack";

/** The stack's own resource in a state. */
export const rootOf = (resources: readonly ResourceState[] | undefined): ResourceState | undefined =>
  resources?.find(({ type, delete: gone }) => type === STACK_TYPE && !gone);
/** The type of the provider resource that stands in the state for all dynamic resources. */
export const PROVIDER_TYPE = "pulumi:providers:pulumi-nodejs";

const parts = (urn: string): string[] => {
  const [stack = "", project = "", type = "", ...name] = urn.slice("urn:pulumi:".length).split("::");
  return [stack, project, type, name.join("::")];
};

/** The name of the stack in a URN. */
export const urnStack = (urn: string): string => parts(urn)[0]!;

/** The name of the project in a URN. */
export const urnProject = (urn: string): string => parts(urn)[1]!;

/** `parent$type` of a URN. */
export const qualifiedType = (urn: string): string => parts(urn)[2]!;

/** The resource's own type. */
export const urnType = (urn: string): string => qualifiedType(urn).split("$").pop()!;

/** The resource's name. */
export const urnName = (urn: string): string => parts(urn)[3]!;

/** The URN of a resource; the root stack leaves no trace in the types of its children. */
export function makeUrn(
  stack: string,
  project: string,
  parent: string | undefined,
  type: string,
  name: string,
): string {
  return makeUrnOfType(
    stack,
    project,
    parent && urnType(parent) !== STACK_TYPE ? qualifiedType(parent) : "",
    type,
    name,
  );
}

/** The URN of a resource whose parent has the given qualified type. */
export function makeUrnOfType(stack: string, project: string, parentType: string, type: string, name: string): string {
  const prefix = parentType !== "" && parentType !== STACK_TYPE ? `${parentType}$` : "";
  return `urn:pulumi:${stack}::${project}::${prefix}${type}::${name}`;
}

/** A provider reference is the provider's URN and id. */
export function providerUrn(reference: string): string {
  return reference.slice(0, reference.lastIndexOf("::"));
}

/** Whether a type is that of a provider resource. */
export const isProviderType = (type: string): boolean => type.startsWith("pulumi:providers:");

/** The package of a dynamic resource: "hosts" of the type "pulumi-nodejs:dynamic/hosts:Host". */
export const dynamicPackage = (type: string): string | undefined => /^pulumi-nodejs:dynamic\/([^:]+):/.exec(type)?.[1];
