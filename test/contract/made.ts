import { expect } from "vitest";
import type { Step } from "../../provider/kernel/plan.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import type { Lifecycle } from "../../provider/lifecycle/lifecycle.js";
import type { Kind } from "./cases.js";

/** A host to run the battery on: the fake, or a kernel's network namespace. */
export interface Rig {
  lifecycle(kind: Kind): Lifecycle;
  /** What follows is a run of its own, on a host that it has not looked at. */
  newRun(): void;
  /** Does a step as somebody else would, behind the product's back. */
  byHand(step: Step): Promise<void>;
  /** Writes another mark in the place of one, wherever that is. */
  remark(from: string, to: string): Promise<void>;
  /** All that a host holds, comparable; by another tool than the one that made it. */
  dump(): Promise<unknown>;
}

/** What a test has made on a rig, with the state that an engine would have of it. */
export class Made {
  readonly states: [Kind, string, Inputs][] = [];

  constructor(private readonly rig: Rig) {}

  async make(kind: Kind, inputs: Inputs): Promise<[string, Inputs]> {
    const lifecycle = this.rig.lifecycle(kind);
    expect((await lifecycle.check({}, inputs)).failures).toEqual([]);
    return await this.create(kind, inputs);
  }

  /** Without a check, whose claims last for the process. */
  async create(kind: Kind, inputs: Inputs): Promise<[string, Inputs]> {
    const lifecycle = this.rig.lifecycle(kind);
    const { id, outs } = await lifecycle.create(inputs);
    this.states.push([kind, id, outs]);
    return [id, outs];
  }

  /** The last one has another state now. */
  now(kind: Kind, id: string, outs: Inputs): void {
    this.states[this.states.length - 1] = [kind, id, outs];
  }

  async deleteAll(): Promise<void> {
    for (const [kind, id, outs] of this.states.reverse()) await this.rig.lifecycle(kind).delete(id, outs);
  }
}
