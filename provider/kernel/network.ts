import ipaddr from "ipaddr.js";
import { familyOf } from "./family.js";

/**
 * Does network `outer` hold all of network `inner`? Both as CIDR, or "default" (IPv4's); never one
 * of the other family.
 */
export function holds(outer: string, inner: string): boolean {
  const [inside, insidePrefix] = parsed(inner);
  const [outside, outsidePrefix] = parsed(outer);
  return inside.kind() === outside.kind() && outsidePrefix <= insidePrefix && inside.match(outside, outsidePrefix);
}

type Network = ReturnType<typeof ipaddr.parseCIDR>;

// Thousands of services look at thousands of routes, and reading one takes longer than comparing it
const networks = new Map<string, Network>();

function parsed(text: string): Network {
  const network = networks.get(text) ?? ipaddr.parseCIDR(text === "default" ? "0.0.0.0/0" : text);
  networks.set(text, network);
  return network;
}

/** Is an address in the network of an interface's address ("10.0.0.1/24")? Both of one family. */
export function reaches(own: string, address: string): boolean {
  const [network, prefix] = parsed(own);
  return ipaddr.parse(address).match(network, prefix);
}

/** The network of an interface's address: "10.0.0.0/24" of "10.0.0.1/24". */
export function networkOf(own: string): string {
  const [, prefix] = own.split("/");
  const { IPv4, IPv6 } = ipaddr;
  const network = familyOf(own) === "ip6" ? IPv6.networkAddressFromCIDR(own) : IPv4.networkAddressFromCIDR(own);
  return `${network}/${prefix}`;
}
