import type { HostApi } from "../../provider/host/host.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import type { Lifecycle } from "../../provider/lifecycle/lifecycle.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";

interface Made {
  kind: Kind;
  id: string;
  inputs: Inputs;
  outs: Inputs;
}

/**
 * Resources made by their lifecycles, as an engine does: one Host for a run, outputs kept, the last
 * one deleted first.
 */
export class Stack {
  readonly made = new Map<string, Made>();

  constructor(
    private readonly name = "kernel",
    private host: HostApi = new RealHost({}),
    /** The host of each further run. */
    private readonly nextHost: () => HostApi = () => new RealHost({}),
  ) {}

  private of(kind: Kind): Lifecycle {
    return lifecycleOn(this.host, kind);
  }

  /** The next operation is a run of its own: it reads the host anew. */
  newRun(host: HostApi = this.nextHost()): void {
    this.host = host;
  }

  async make(kind: Kind, resource: string, args: Inputs): Promise<Inputs> {
    const inputs = { ...args, __owner: `test/${this.name}/${resource}` };
    const { id, outs } = await this.of(kind).create(inputs);
    this.made.set(resource, { kind, id, inputs, outs });
    return outs;
  }

  async update(resource: string, args: Inputs): Promise<void> {
    const each = this.made.get(resource)!;
    const inputs = { ...args, __owner: each.inputs.__owner };
    each.outs = (await this.of(each.kind).update(each.id, each.outs, inputs)).outs;
    each.inputs = inputs;
  }

  /** What a refresh does. */
  async read(resource: string): Promise<string> {
    const { kind, id, outs } = this.made.get(resource)!;
    return (await this.of(kind).read(id, outs)).id;
  }

  /** The same, which keeps what was found; the state then. */
  async refresh(resource: string): Promise<Inputs> {
    const each = this.made.get(resource)!;
    each.outs = (await this.of(each.kind).read(each.id, each.outs)).props;
    return each.outs;
  }

  async remove(resource: string): Promise<void> {
    const { kind, id, outs } = this.made.get(resource)!;
    await this.of(kind).delete(id, outs);
    this.made.delete(resource);
  }

  /** Names of the resources that a preview shows as drifted. */
  async drifted(): Promise<string[]> {
    this.newRun();
    const names: string[] = [];
    for (const [name, { kind, id, inputs, outs }] of this.made)
      if ((await this.of(kind).diff(id, outs, inputs)).changes) names.push(name);
    return names;
  }

  /** What a preview says against a resource, as it is declared or with other arguments. */
  async failures(resource: string, args?: Inputs): Promise<string[]> {
    this.newRun();
    const { kind, inputs } = this.made.get(resource)!;
    const { failures } = await this.of(kind).check(inputs, { ...(args ?? inputs), __owner: inputs.__owner });
    return failures.map(({ property, reason }) => `${property}: ${reason}`);
  }

  /** What `up` does: updates what has drifted, in the order of creation. Returns the names. */
  async heal(): Promise<string[]> {
    this.newRun();
    const names: string[] = [];
    for (const [name, each] of this.made) {
      if (!(await this.of(each.kind).diff(each.id, each.outs, each.inputs)).changes) continue;
      each.outs = (await this.of(each.kind).update(each.id, each.outs, each.inputs)).outs;
      names.push(name);
    }
    return names;
  }

  async destroy(): Promise<void> {
    this.newRun();
    for (const resource of [...this.made.keys()].reverse()) await this.remove(resource);
  }
}
