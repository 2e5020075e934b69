/**
 * What all contenders of `bench:peers` make: namespaces, each with a cable to one bridge, an address
 * and a default route. It is plain data, so they differ only in how they make it.
 */

/** A namespace and its cable. */
export interface CablePlan {
  namespace: string;
  /** The end on the bridge. */
  veth: string;
  /** With prefix length. */
  address: string;
}

export const CABLE_BRIDGE = { name: "bridge_bench", addresses: ["10.0.0.1/16"] };
export const CABLE_GATEWAY = "10.0.0.1";
/** The end in the namespace. */
export const CABLE_PEER = "eth0";

/** The first `count` namespaces; no more than the bridge's network has room for. */
export const cablePlans = (count: number): CablePlan[] =>
  Array.from({ length: count }, (_, index) => ({
    namespace: `netns_${index}`,
    veth: `veth_${index}`,
    address: `10.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}/16`,
  }));
