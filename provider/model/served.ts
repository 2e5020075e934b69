import { allInFamilies } from "./service.js";
import type { Firewalls } from "./snapshot.js";

/** The addresses of all services, of whatever stack and on either backend. */
export function servedAddresses({ firewall, natTables }: Firewalls): Set<string> {
  const dispatches = allInFamilies(firewall).filter(({ way }) => way !== "node");
  const served = new Set(dispatches.map(({ address }) => address));
  for (const { addresses } of natTables.values()) for (const address of addresses.keys()) served.add(address);
  return served;
}

/** Is there a service at an address, of whatever stack and on either backend? `own` is one on nftables that doesn't count. */
export function isServed(
  address: string,
  { firewall, natTables }: Firewalls,
  own?: { chain: string; name: string },
): boolean {
  for (const { name, addresses, services } of natTables.values()) {
    const service = own?.chain === name ? services.get(own.name)?.service : undefined;
    const mine = service && [service.address, ...service.externalIPs].includes(address) ? 1 : 0;
    if ((addresses.get(address) ?? 0) > mine) return true;
  }
  return allInFamilies(firewall).some((each) => each.way !== "node" && each.address === address);
}
