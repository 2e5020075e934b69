/**
 * What all contenders of `bench:peers` make: namespaces, each with a cable to the host, an address
 * and a default route. It is plain data, so they differ only in how they make it.
 */

/**
 * Where the host's ends are. Routed: each has an address, the gateway of its namespace. Bridged:
 * all are ports of one bridge, which has the gateway's address.
 */
export type Shape = "routed" | "bridged";

/** A namespace and its cable. */
export interface CablePlan {
  namespace: string;
  /** The host's end. */
  veth: string;
  /** Of the host's end, with prefix length. Absent: it is a port of the bridge. */
  hostAddress?: string;
  /** Of the other end, with prefix length. */
  address: string;
  /** The network of that address. */
  network: string;
  gateway: string;
}

export const CABLE_BRIDGE = { name: "bridge_bench", address: "10.0.0.1/16", network: "10.0.0.0/16" };
/** The end in the namespace. */
export const CABLE_PEER = "eth0";

/** The first `count` namespaces; no more than 16,000. */
export const cablePlans = (shape: Shape, count: number): CablePlan[] =>
  Array.from({ length: count }, (_, index) => {
    const names = { namespace: `netns_${index}`, veth: `veth_${index}` };
    if (shape === "bridged") {
      const address = `10.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}/16`;
      return { ...names, address, network: CABLE_BRIDGE.network, gateway: "10.0.0.1" };
    }
    const of = (offset: number) => `10.1.${Math.floor(index / 64)}.${4 * (index % 64) + offset}`;
    return { ...names, hostAddress: `${of(1)}/30`, address: `${of(2)}/30`, network: `${of(0)}/30`, gateway: of(1) };
  });

/** Whether the plans are of the bridged shape, and need the bridge. */
export const needBridge = (plans: readonly CablePlan[]): boolean =>
  plans.some(({ hostAddress }) => hostAddress === undefined);
