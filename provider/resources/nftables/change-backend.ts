import type { Context, Definition } from "../../definition.js";
import { specOfHeld } from "../../model/nft/nat-table.js";
import { belongsTo } from "../../model/ownership.js";
import { foundSpec, servicesIn } from "../../model/service.js";
import type { ServiceSpec } from "../../model/service-spec.js";
import type { Snapshot } from "../../model/snapshot.js";
import { endpointParts } from "../endpoint.js";
import { serviceParts } from "../service-vip.js";
import { type Half, partsOf } from "./half.js";
import { type Backend, moveSteps } from "./move.js";
import { clearStep } from "./nat-chain.js";

type BackendName = "iptables" | "nftables";

interface Declared {
  name: string;
  backend: BackendName;
  vipRange?: string;
}

/** A NatChain on the backend that it declares. What it has on the other one is moved: the new one is whole before the old one goes. */
export function onBackend<D extends Declared>(
  definition: Definition<D>,
  nftables: Half<D>,
  isOursOnIptables: (desired: D, host: Snapshot, context: Context) => boolean,
): Definition<D> {
  const halves: Record<BackendName, Half<D>> = { iptables: definition, nftables };
  const isOurs: Record<BackendName, (desired: D, host: Snapshot, context: Context) => boolean> = {
    iptables: isOursOnIptables,
    nftables: ({ name }, { natTables }, { owner }) => belongsTo(natTables.get(name)?.spec?.mark, owner) === "ours",
  };
  const backend = (name: BackendName, desired: D): Backend => ({
    chain: partsOf(halves[name], desired),
    service: serviceParts[name],
    endpoint: endpointParts[name],
    ...(name === "nftables" && { clear: () => [clearStep(desired.name)] }),
  });
  return {
    ...definition,
    plan: (desired, host, context) => {
      const [to, from] = [desired.backend, other(desired.backend)];
      if (!isOurs[from](desired, host, context)) return halves[to].plan(desired, host, context);
      // The route of the range leads wherever the services are.
      const leaving = backend(from, { ...desired, vipRange: undefined });
      return moveSteps(backend(to, desired), leaving, servicesOn[from](desired.name, host), host, context);
    },
    remove: (desired, host, context) => [
      ...nftables.remove(desired, host, context),
      ...definition.remove(
        isOurs.nftables(desired, host, context) ? { ...desired, vipRange: undefined } : desired,
        host,
        context,
      ),
    ],
    exists: (desired, host, context) => halves[desired.backend].exists(desired, host, context),
    outputs: (desired, host, context) => halves[desired.backend].outputs(desired, host, context),
    refuse: (desired, host, context) => halves[desired.backend].refuse?.(desired, host, context),
  };
}

const other = (name: BackendName): BackendName => (name === "iptables" ? "nftables" : "iptables");

const servicesOn: Record<BackendName, (chain: string, host: Snapshot) => ServiceSpec[]> = {
  iptables: (chain, { firewall }) => {
    const table = firewall.get("nat");
    const first = new Map(servicesIn(table, chain).map((each) => [each.serviceChain, each]));
    return [...first.values()].map((service) => {
      const spec = foundSpec(service, table!);
      return { ...spec, endpoints: spec.endpoints.filter(({ address }) => address !== "") };
    });
  },
  nftables: (chain, { natTables }) =>
    [...(natTables.get(chain)?.services.values() ?? [])].flatMap((held) => specOfHeld(chain, held) ?? []),
};
