import type { Step } from "../kernel/plan.js";
import type { Scope, Snapshot } from "../kernel/snapshot.js";
import type { Direction } from "./task.js";

/** One operation on a host: what it sees and may change, and its plan. */
export interface Work<T> {
  scope: Scope;
  /**
   * What it has to see, where that is less than it may change: at first, and what more after that.
   */
  sees?: { first: Scope; more(snapshot: Snapshot): Scope };
  direction: Direction;
  /** Nothing is made of it, so nobody waits for it. */
  last: boolean;
  /** Who asks, for the lock. */
  holder: string;
  plan(snapshot: Snapshot): { steps: Step[]; result: T };
  /** Of a removal: the steps that make it again on a host where it is gone. */
  restore?(snapshot: Snapshot): Step[];
}

/** An operation that waits for its turn. */
export interface Pending extends Work<unknown> {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}
