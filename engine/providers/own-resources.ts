import type { PropertyMap, ResourceState } from "../model/types.js";
import { dynamicPackage } from "../model/urn.js";
import type { OwnResource } from "../own-package.js";

/** The resources of a package in a state. */
export const statedResources = (name: string, resources: ResourceState[]): OwnResource[] =>
  resources
    .filter(({ type }) => dynamicPackage(type) === name)
    .map(({ type, inputs, outputs, deletedWith }) => {
      const [made, asked] = [textsOf(outputs), textsOf(inputs)];
      const differing = only(asked, (key) => asked[key] !== made[key]);
      return { type, outputs: made, inputs: differing, ...(deletedWith && { deletedWith: true }) };
    });

/** Those that a program declares. */
export const declaredResources = (
  name: string,
  goals: Iterable<{ type: string; properties: PropertyMap }>,
): OwnResource[] =>
  [...goals]
    .filter(({ type }) => dynamicPackage(type) === name)
    .map(({ type, properties }) => ({ type, inputs: textsOf(properties), outputs: {} }));

const textsOf = (properties: PropertyMap = {}) =>
  only(properties, (key, value) => typeof value === "string" && key !== "__provider") as Record<string, string>;

const only = <T>(of: Record<string, T>, is: (key: string, value: T) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(of).filter(([key, value]) => is(key, value)));
