import type { Operation, Scope, Snapshot } from "../../../engine/model/types.js";
import type { Faults, FixtureProgram, FixtureResource } from "../fixture.js";

/** One operation of a scenario, and what is to come of it. */
export interface Action {
  op: Operation;
  program?: FixtureProgram;
  faults?: Faults;
  refresh?: boolean;
  dryRun?: boolean;
  scope?: Scope;
  /** Calls that change something, in order; with `+` in front where only their set is fixed. */
  effects?: string[];
  /**
   * What the state holds afterwards: `*` marks what is to be deleted, `!` what is to be replaced.
   */
  names?: string[];
  /**
   * Operations that the state has as interrupted before the action. What was being created isn't
   * there.
   */
  interrupted?: { name: string; type: "creating" | "updating" | "deleting" }[];
  fails?: boolean;
  /** A part of an error's text. */
  error?: string;
  changes?: Record<string, number>;
}

export interface Scenario {
  name: string;
  actions: Action[];
}

/** What a provider must hand back if it is to be asked again. */
export const PROVIDER = { __provider: "exports.handler = () => require(process.env.HOSTNET_TEST_PROVIDER).handler" };

/** The URN of a resource without a parent, or below those types. */
export const urn = (name: string, below = ""): string =>
  `urn:pulumi:t::fixture::${below}pulumi-nodejs:dynamic/test:Thing::${name}`;

export const thing = (
  name: string,
  props: Record<string, unknown> = {},
  opts: Record<string, unknown> = {},
): FixtureResource => ({
  name,
  props,
  opts,
});
/** A state as a killed run leaves it. */
export function interrupt(state: Snapshot, operations: NonNullable<Action["interrupted"]>): Snapshot {
  const named = (name: string) => state.resources.find(({ urn }) => urn.endsWith(`::${name}`))!;
  const pending_operations = operations.map(({ name, type }) => ({ resource: named(name), type }));
  const missing = pending_operations.filter(({ type }) => type === "creating").map(({ resource }) => resource);
  return { ...state, pending_operations, resources: state.resources.filter((one) => !missing.includes(one)) };
}

export const program = (...resources: FixtureResource[]): FixtureProgram => ({ resources });
export const up = (of: FixtureProgram, rest: Partial<Action> = {}): Action => ({ op: "up", program: of, ...rest });
