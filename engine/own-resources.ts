import type { PropertyMap, ResourceState } from "./types.js";

/** Resources of this package. */
const OURS = "pulumi-nodejs:dynamic/hostnet:";

/**
 * A resource as its provider is told of it, which has to know what a stack has to tell what nobody
 * has. Only texts are told: all else is long, or secret.
 */
export interface OwnResource {
  type: string;
  /** Those that the outputs don't have. */
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  /** It goes with another one, without a call of its own. */
  deletedWith?: true;
}

/** The resources of this package in a state. */
export const statedResources = (resources: ResourceState[]): OwnResource[] =>
  resources
    .filter(({ type }) => type.startsWith(OURS))
    .map(({ type, inputs, outputs, deletedWith }) => {
      const [made, asked] = [textsOf(outputs), textsOf(inputs)];
      const differing = only(asked, (key) => asked[key] !== made[key]);
      return { type, outputs: made, inputs: differing, ...(deletedWith && { deletedWith: true }) };
    });

/** Those that a program declares. */
export const declaredResources = (goals: Iterable<{ type: string; properties: PropertyMap }>): OwnResource[] =>
  [...goals]
    .filter(({ type }) => type.startsWith(OURS))
    .map(({ type, properties }) => ({ type, inputs: textsOf(properties), outputs: {} }));

const textsOf = (properties: PropertyMap = {}) =>
  only(properties, (key, value) => typeof value === "string" && key !== "__provider") as Record<string, string>;

const only = <T>(of: Record<string, T>, is: (key: string, value: T) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(of).filter(([key, value]) => is(key, value)));

const method = (name: string) => ({
  path: `/pulumi_hostnet.Provider/${name}`,
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: (value: unknown) => Buffer.from(JSON.stringify(value)),
  requestDeserialize: (bytes: Buffer): unknown => JSON.parse(bytes.toString()),
  responseSerialize: () => Buffer.alloc(0),
  responseDeserialize: () => ({}),
});

/**
 * The calls that our provider process answers beside the SDK's: `state` with the resources of the
 * state before any other, `finish` when the program has declared all.
 */
export const ASIDE = { state: method("State"), finish: method("Finish") };
