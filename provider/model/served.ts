import { allServices } from "./service.js";
import type { Firewalls } from "./snapshot.js";

/** The addresses of all services, of whatever stack and on either backend. `own` is one on nftables that doesn't count. */
export function servedAddresses(
  { firewall, natTables }: Firewalls,
  own?: { chain: string; name: string },
): Set<string> {
  const dispatches = allServices(firewall.get("nat")).filter(({ way }) => way !== "node");
  const served = new Set(dispatches.map(({ address }) => address));
  for (const { name: chain, services } of natTables.values())
    for (const [name, { service }] of services)
      if (service && !(own?.chain === chain && own.name === name))
        for (const address of [service.address, ...service.externalIPs]) served.add(address);
  return served;
}
