import { isDeepStrictEqual } from "node:util";
import type { HostApi } from "../../provider/host/host.js";
import { Refusal } from "../../provider/kernel/errors.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { type Kind, lifecycleOn, UNASKED } from "../support/lifecycles.js";

/** A resource of a program, by its kind, its Pulumi name and its arguments. */
export type Declared = readonly [kind: Kind, name: string, args: Inputs];

/** Resources that don't need each other stand in one stage; each stage needs those before it. */
export type Stages = readonly (readonly Declared[])[];

interface Held {
  kind: Kind;
  stage: number;
  id: string;
  inputs: Inputs;
  outs: Inputs;
}

/**
 * What an engine does with a stack, in little and in this process, so a kill at each of a hundred
 * moments is affordable. A call that fails leaves the state as it was, what was replaced is deleted
 * at the end, and what is left to delete is remembered.
 */
export class SmallEngine {
  private readonly state = new Map<string, Held>();
  private replaced: Held[] = [];

  /** One `up` on a host of its own: a provider process sees one run. */
  async up(stages: Stages, host: HostApi): Promise<void> {
    for (const [stage, resources] of stages.entries())
      await all(resources.map((declared) => this.ensure(declared, stage, host)));
    const wanted = new Set(stages.flat().map(([kind, name]) => `${kind} ${name}`));
    await this.remove(
      [...this.state]
        .filter(([key]) => !wanted.has(key))
        .map(([, held]) => held)
        .concat(this.replaced),
      host,
    );
  }

  async destroy(host: HostApi): Promise<void> {
    await this.remove([...this.state.values(), ...this.replaced], host);
  }

  private async ensure([kind, name, args]: Declared, stage: number, host: HostApi): Promise<void> {
    const key = `${kind} ${name}`;
    const calls = lifecycleOn(host, kind);
    // Not everybody who runs tests may change hosts.
    const inputs = { ...args, host: UNASKED, __owner: `test/killed/${name}` };
    const held = this.state.get(key);
    const { failures } = await calls.check(held?.inputs ?? {}, inputs);
    for (const { property, reason } of failures) throw new Refusal(property, reason);
    if (!held) {
      this.state.set(key, { kind, stage, inputs, ...(await calls.create(inputs)) });
      return;
    }
    const { changes, replaces = [], deleteBeforeReplace } = await calls.diff(held.id, held.outs, inputs);
    if (replaces.length > 0) {
      // What needs it goes first, and is made again by the stages that follow.
      if (deleteBeforeReplace)
        await this.remove(
          [...this.state.values()].filter((each) => each === held || each.stage > stage),
          host,
        );
      this.state.set(key, { kind, stage, inputs, ...(await calls.create(inputs)) });
      if (!deleteBeforeReplace) this.replaced.push(held);
    } else if (changes || (changes === undefined && !isDeepStrictEqual(held.inputs, inputs))) {
      const { outs } = await calls.update(held.id, held.outs, inputs);
      this.state.set(key, { ...held, inputs, outs });
    }
  }

  private async remove(gone: Held[], host: HostApi): Promise<void> {
    for (const stage of [...new Set(gone.map((held) => held.stage))].sort((a, b) => b - a))
      await all(
        gone
          .filter((held) => held.stage === stage)
          .map(async (held) => {
            await lifecycleOn(host, held.kind).delete(held.id, held.outs);
            for (const [key, each] of this.state) if (each === held) this.state.delete(key);
            this.replaced = this.replaced.filter((each) => each !== held);
          }),
      );
  }
}

/** All end, whatever becomes of one; then the first failure is thrown. */
async function all(work: Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason;
}
