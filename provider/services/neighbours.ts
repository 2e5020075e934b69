import { familyOf } from "../kernel/family.js";
import { networkOf } from "../kernel/network.js";
import type { Declared } from "../ownership/context.js";

const about = (network: string) => `bridge with network ${network}`;
const aboutSize = (address: string, prefix: number) => `bridge with a network of ${familyOf(address)} /${prefix}`;
const prefixOf = (network: string) => Number(network.split("/")[1]);

/** What a Bridge with addresses ("10.0.0.1/24") says of its networks to services of its host. */
export const declaredNetworks = (bridge: string, addresses: string[]): Record<string, string> =>
  Object.fromEntries(
    addresses.flatMap((each) => [
      [about(networkOf(each)), bridge],
      [aboutSize(each, prefixOf(each)), ""],
    ]),
  );

/**
 * Says so where an address or a range of services is in the network of a bridge: the neighbours on
 * the bridge ask for it by ARP (RFC 826) or neighbour discovery (RFC 4861) instead of sending to
 * their gateway, and nobody has it. Undefined where it is in none.
 */
export function amongNeighbours(argument: string, address: string, declared: Declared): string | undefined {
  const [base, longest = familyOf(address) === "ip6" ? 128 : 32] = address.split("/");
  for (let prefix = Number(longest); prefix > 0; prefix--) {
    // Thousands of services are asked.
    if (declared(aboutSize(address, prefix)) === undefined) continue;
    const network = networkOf(`${base}/${prefix}`);
    const bridge = declared(about(network));
    if (bridge !== undefined)
      return `${argument}: ${address} is in ${network}, the network of bridge ${bridge}: this host serves it, but the neighbours on the bridge ask each other for it and time out; choose one outside of it`;
  }
  return undefined;
}
