import { type Family, withPort } from "../kernel/family.js";
import type { PortSpec, Protocol, ServiceSpec } from "../kernel/service-spec.js";

/**
 * How clients come to a service: at its virtual IP, at an external address, or at a node port of
 * any address of the host.
 */
export type WayKind = "vip" | "external" | "node";

/**
 * One way in: packets of `protocol` to `address` (of a node port: to any address of the host but
 * the loopback) and `dport`.
 */
export interface Way {
  kind: WayKind;
  address?: string;
  protocol: Protocol;
  dport: number;
  port: PortSpec;
  /** Networks that may use it; empty = all. */
  sources: string[];
}

/** What of a service says where it answers. */
type Frontends = Pick<ServiceSpec, "address" | "ports" | "externalIPs" | "loadBalancerSourceRanges">;

/** All ways into a service. */
export function waysOf({ address, ports, externalIPs, loadBalancerSourceRanges: sources }: Frontends): Way[] {
  return ports.flatMap((port): Way[] => {
    const { protocol, nodePort } = port;
    const outside = { protocol, port, sources };
    return [
      { kind: "vip", address, protocol, dport: port.port, port, sources: [] },
      ...externalIPs.map((each): Way => ({ kind: "external", address: each, dport: port.port, ...outside })),
      ...(nodePort === undefined ? [] : [{ kind: "node", dport: nodePort, ...outside } as Way]),
    ];
  });
}

/** Which traffic policy holds for what comes by a way. */
export const policyOf = ({ kind }: Way, spec: ServiceSpec) =>
  kind === "vip" ? spec.internalTrafficPolicy : spec.externalTrafficPolicy;

/** The same in an order that does not depend on how a service is written down. */
export function waysInOrder(spec: ServiceSpec): Way[] {
  const key = ({ kind, address, protocol, dport }: Way) => [kind, address, protocol, dport].join(" ");
  const ways = waysOf(spec).map((way) => ({ ...way, sources: way.sources.toSorted() }));
  return ways.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** How messages and claims call a way: "10.100.100.100:8080 (tcp)", "node port 30080 (tcp)". */
export const shownWay = ({ kind, address, protocol, dport }: Pick<Way, "kind" | "address" | "protocol" | "dport">) =>
  `${kind === "node" ? `node port ${dport}` : withPort(address ?? "", dport)} (${protocol})`;

/** The same as what can be there once on a host: a node port is at all addresses of a family. */
export const shownOnce = (way: Way, family: Family) =>
  `${shownWay(way)}${way.kind === "node" && family === "ip6" ? " of IPv6" : ""}`;

/**
 * Are connections from outside led otherwise than those to the virtual IP? They are where the
 * traffic policies differ.
 */
export function hasOutsideFrontend(spec: ServiceSpec): boolean {
  return spec.internalTrafficPolicy !== spec.externalTrafficPolicy && waysOf(spec).some(({ kind }) => kind !== "vip");
}
