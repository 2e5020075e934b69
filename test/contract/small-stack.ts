import { expect } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import type { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleIn } from "../support/lifecycles.js";

/** A stack on a host in memory, whose runs are one after the other. */
export class Small {
  readonly made = new Map<string, { kind: Kind; id: string; args: Inputs; outs: Inputs }>();
  run: Run;

  constructor(
    readonly host: FakeHost,
    readonly stack = "p/s",
  ) {
    this.run = new Run(product, { host });
  }

  nextRun(): void {
    this.run = new Run(product, { host: this.host });
  }

  /** A run of the embedded engine, which tells of the state. */
  nextToldRun(): void {
    this.nextRun();
    const told = [...this.made.values()].map(({ kind, outs }) => ({
      type: `pulumi-nodejs:dynamic/hostnet:${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
      inputs: {},
      outputs: outs as Record<string, string>,
    }));
    this.run.resources.told = () => told;
  }

  /** What an `up` does with a resource as it was, or under another name; is it changed? */
  async same(name: string, now = name): Promise<boolean> {
    const { kind, id, args, outs } = this.made.get(name)!;
    const inputs = this.inputsOf(now, args);
    const calls = lifecycleIn(this.run, kind);
    expect((await calls.check(outs, inputs)).failures).toEqual([]);
    const { changes, replaces } = await calls.diff(id, outs, inputs);
    expect(replaces ?? []).toEqual([]);
    if (changes) this.made.set(name, { kind, id, args, ...(await calls.update(id, outs, inputs)) });
    return changes === true;
  }

  inputsOf = (name: string, args: Inputs): Inputs => ({ ...args, __owner: `${this.stack}/${name}` });

  async make(kind: Kind, name: string, args: Inputs): Promise<void> {
    const inputs = this.inputsOf(name, args);
    const calls = lifecycleIn(this.run, kind);
    expect((await calls.check({}, inputs)).failures).toEqual([]);
    this.made.set(name, { kind, args, ...(await calls.create(inputs)) });
  }

  async remove(...names: string[]): Promise<void> {
    for (const name of names) {
      const { kind, id, outs } = this.made.get(name)!;
      await lifecycleIn(this.run, kind).delete(id, outs);
      this.made.delete(name);
    }
  }
}
