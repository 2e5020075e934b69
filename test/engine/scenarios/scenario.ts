import type { Operation } from "../../../engine/types.js";
import type { Faults, FixtureProgram, FixtureResource } from "../harness.js";

/** One operation of a scenario, and what is to come of it. */
export interface Action {
  op: Operation;
  program?: FixtureProgram;
  faults?: Faults;
  refresh?: boolean;
  /** Calls that change something, in order; with `+` in front where only their set is fixed. */
  effects?: string[];
  /** What the state holds afterwards; `*` marks what is to be deleted, `!` what is to be replaced. */
  names?: string[];
  fails?: boolean;
  /** A part of an error's text. */
  error?: string;
  changes?: Record<string, number>;
}

export interface Scenario {
  name: string;
  actions: Action[];
}

export const thing = (
  name: string,
  props: Record<string, unknown> = {},
  opts: Record<string, unknown> = {},
): FixtureResource => ({
  name,
  props,
  opts,
});
export const program = (...resources: FixtureResource[]): FixtureProgram => ({ resources });
export const up = (of: FixtureProgram, rest: Partial<Action> = {}): Action => ({ op: "up", program: of, ...rest });
