import { FAMILIES } from "../kernel/family.js";
import { tableOf } from "../kernel/iptables/ruleset.js";
import type { Firewalls } from "../kernel/snapshot.js";
import { foundSpec, servicesIn } from "./iptables/read.js";
import { specOfHeld } from "./nftables/nat-table.js";
import type { ServiceSpec } from "./spec.js";

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
