import { FAMILIES } from "./family.js";
import { specOfHeld } from "./nft/nat-table.js";
import { tableOf } from "./ruleset.js";
import { foundSpec, servicesIn } from "./service.js";
import type { ServiceSpec } from "./service-spec.js";
import type { Firewalls } from "./snapshot.js";

export type BackendName = "iptables" | "nftables";

/** The services that a NatChain has on a backend, of all stacks. */
export const servicesOn: Record<BackendName, (chain: string, host: Firewalls) => ServiceSpec[]> = {
  iptables: (chain, { firewall }) =>
    FAMILIES.flatMap((family) => {
      const table = firewall.get(tableOf(family, "nat"));
      const first = new Map(servicesIn(table, chain).map((each) => [each.serviceChain, each]));
      return [...first.values()].map((service) => {
        const spec = foundSpec(service, table!);
        return { ...spec, family, endpoints: spec.endpoints.filter(({ address }) => address !== "") };
      });
    }),
  nftables: (chain, { natTables }) =>
    [...(natTables.get(chain)?.services.values() ?? [])].flatMap((held) => specOfHeld(chain, held) ?? []),
};
