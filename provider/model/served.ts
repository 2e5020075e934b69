import { allInFamilies } from "./service.js";
import type { Firewalls } from "./snapshot.js";

/** The addresses of all services, of whatever stack and on either backend. */
export function servedAddresses(host: Firewalls): Set<string> {
  const served = addressesOnIptables(host);
  for (const { addresses } of host.natTables.values()) for (const address of addresses.keys()) served.add(address);
  return served;
}

export const addressesOnIptables = ({ firewall }: Firewalls): Set<string> =>
  new Set(
    allInFamilies(firewall)
      .filter(({ way }) => way !== "node")
      .map(({ address }) => address),
  );

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
