import { natTablesIn } from "../kernel/iptables/ruleset.js";
import type { Firewalls } from "../kernel/snapshot.js";
import { allInFamilies, allServices } from "./iptables/read.js";
import type { BackendName } from "./services-on.js";

/** The addresses of all services, of whatever stack, and on which backend: on iptables, where both serve one. */
export function servedAddresses({ firewall, natTables }: Firewalls): Map<string, BackendName> {
  const served = new Map<string, BackendName>();
  for (const { addresses } of natTables.values())
    for (const address of addresses.keys()) served.set(address, "nftables");
  for (const { way, address } of allInFamilies(firewall)) if (way !== "node") served.set(address, "iptables");
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
  return natTablesIn(firewall).some((table) =>
    allServices(table).some((each) => each.way !== "node" && each.address === address),
  );
}
