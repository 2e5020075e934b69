import { expect } from "vitest";
import { FAMILIES } from "../../provider/kernel/family.js";
import { parseSave, printSave } from "../../provider/kernel/iptables/iptables-save.js";
import { tableFamily } from "../../provider/kernel/iptables/ruleset.js";
import type { ServiceChange, ServiceHead, ServiceState } from "../../provider/kernel/service-change.js";
import type { EndpointSpec } from "../../provider/kernel/service-spec.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { backendNamed } from "../../provider/services/backend-named.js";
import { applyStep } from "../../provider/services/steps.js";
import { FakeHost } from "./fake-host.js";
import { type Kind, lifecycleOn } from "./lifecycles.js";
import { stateOf } from "./state-of.js";

const CHAIN = "A-SERVICES";

type WithHead = ServiceState & { service: ServiceHead };

export const owned = (args: Inputs, resource = "x"): Inputs => ({ ...args, __owner: `p/s/${resource}` });

/** Addresses of one family: as somebody writes them, and as the kernel does. */
export const addresses = (six: boolean) => ({
  loose: (net: number, last: number) => (six ? `FD00:0${net}:0::${last}` : `10.${net}.0.${last}`),
  at: (net: number, last: number) => (six ? `fd00:${net}::${last}` : `10.${net}.0.${last}`),
  network: (net: number) => (six ? `fd00:${net}::/64` : `10.${net}.0.0/24`),
});

/** A NatChain on a model of a host, on which somebody does things by hand. */
export class SpoiledChain {
  readonly host = new FakeHost();

  constructor(
    private readonly backend: string,
    private readonly six: boolean,
  ) {}

  make(kind: Kind, args: Inputs) {
    return lifecycleOn(this.host, kind).create(args);
  }

  chain(more: Inputs = {}): Inputs {
    return owned({ name: CHAIN, backend: this.backend, ...more }, "chain");
  }

  byHand(change: ServiceChange): void {
    applyStep(this.host.snapshot, { do: "nat", backend: this.backend, chain: CHAIN, change, why: "by hand" });
  }

  /** Edits the rules of iptables as text. */
  edit(by: (rules: string) => string): void {
    const { snapshot } = this.host;
    const printed = FAMILIES.map((family) => {
      const tables = [...snapshot.firewall].filter(([name]) => tableFamily(name) === family);
      return [family, printSave(new Map(tables))] as const;
    });
    expect(printed.some(([, text]) => by(text) !== text)).toBe(true);
    snapshot.firewall = new Map(printed.flatMap(([family, text]) => [...parseSave(by(text), family)]));
  }

  key(name: string): string {
    return this.six ? `ip6 ${name}` : name;
  }

  found() {
    const { state, of } = backendNamed(this.backend);
    return state(of(this.host.snapshot), CHAIN)!;
  }

  /** Somebody lays a service out otherwise: by what another run has left, say. */
  spoil(name: string, by: (held: WithHead) => Partial<ServiceState> | null): void {
    const held = this.found().services.get(this.key(name)) as WithHead;
    const after = by(held);
    this.byHand({ service: this.key(name), state: after && { ...held, ...after } });
  }

  spoilHead(name: string, by: (head: ServiceHead) => Partial<ServiceHead>): void {
    this.spoil(name, ({ service }) => ({ service: { ...service, ...by(service) } }));
  }

  spoilEndpoint(service: string, name: string, change: Partial<EndpointSpec>): void {
    this.spoil(service, ({ endpoints }) => ({
      endpoints: endpoints.map((each) => (each.name === name ? { ...each, ...change } : each)),
    }));
  }

  /** The rules of services may be in any order among those of others. */
  private model(): unknown {
    return JSON.parse(JSON.stringify(stateOf(this.host.snapshot)), (key, value) =>
      key === "rules" && Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value,
    ) as unknown;
  }

  /** What a refresh shows, which settles and heals; and after it `destroy` leaves nothing. */
  async refreshed(kind: Kind, inputs: Inputs, by: () => void): Promise<Inputs> {
    const { host } = this;
    const pristine = stateOf(host.snapshot);
    const calls = lifecycleOn(host, kind);
    const { id, outs } = await calls.create(inputs);
    const made = this.model();
    expect(await calls.read(id, outs)).toEqual({ id, props: outs });
    by();
    const seen = await calls.read(id, outs);
    expect(await calls.read(id, seen.props)).toEqual({ id, props: seen.props });
    const changed = Object.keys({ ...inputs, ...seen.inputs }).filter(
      (each) => JSON.stringify(inputs[each]) !== JSON.stringify(seen.inputs?.[each]),
    );
    for (const each of changed) expect(seen.props[each]).toEqual(seen.inputs?.[each]);
    const { __declared, ...others } = seen.props;
    expect(__declared).toEqual(Object.fromEntries(changed.map((each) => [each, inputs[each] ?? null])));
    for (const each of Object.keys(outs).filter((each) => !changed.includes(each)))
      expect(others[each]).toEqual(outs[each]);
    const spoiled = structuredClone(host.snapshot);

    const healed = await calls.update(id, seen.props, inputs);
    expect(healed.outs).toEqual(outs);
    expect(this.model()).toEqual(made);
    expect((await calls.diff(id, healed.outs, inputs)).changes).toBeUndefined();
    expect(await calls.read(id, healed.outs)).toEqual({ id, props: outs });
    // Also where somebody else has mended it.
    expect((await calls.read(id, seen.props)).props).toEqual(outs);

    Object.assign(host.snapshot, spoiled);
    await calls.delete(id, seen.props);
    expect(stateOf(host.snapshot)).toEqual(pristine);
    return Object.fromEntries(changed.map((each) => [each, seen.inputs?.[each]]));
  }
}
