import { LOOPBACK, single, withPort } from "../kernel/family.js";
import type { Rule } from "../kernel/iptables/ruleset.js";
import { commentMatch } from "../ownership/comment.js";
import { outsideChainName } from "./chain-name.js";
import type { Family, PortSpec, Protocol, ServiceSpec } from "./spec.js";

/** How clients come to a service: at its virtual IP, at an external address, or at a node port of any address of the host. */
export type WayKind = "vip" | "external" | "node";

/** One way in: packets of `protocol` to `address` (of a node port: to any address of the host but the loopback) and `dport`. */
export interface Way {
  kind: WayKind;
  address?: string;
  protocol: Protocol;
  dport: number;
  port: PortSpec;
  /** Networks that may use it; empty = all. */
  sources: string[];
}

/** All ways into a service. */
export function waysOf({ address, ports, externalIPs, loadBalancerSourceRanges: sources }: ServiceSpec): Way[] {
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

/** The match of a way; of a packet that is on its way in, in any table. */
export function wayMatch(way: Way, { family }: ServiceSpec, source?: string): string[] {
  const { kind, address, protocol, dport } = way;
  const from = source === undefined ? [] : ["-s", source];
  const to = kind === "node" ? ["!", "-d", LOOPBACK[family]] : ["-d", single(address!)];
  const local = kind === "node" ? ["-m", "addrtype", "--dst-type", "LOCAL"] : [];
  return [...from, ...to, "-p", protocol, ...local, "-m", protocol, "--dport", String(dport)];
}

/** Has a service a chain of its own for what comes from outside? It needs one where the traffic policies differ. */
export function hasOutsideChain(spec: ServiceSpec): boolean {
  return spec.internalTrafficPolicy !== spec.externalTrafficPolicy && waysOf(spec).some(({ kind }) => kind !== "vip");
}

/** A way's rules in the NatChain's chain: one, or one for each network that may use it. */
export function dispatchRules(way: Way, spec: ServiceSpec, serviceChain: string, comment: string): Rule[] {
  const target = way.kind !== "vip" && hasOutsideChain(spec) ? outsideChainName(serviceChain) : serviceChain;
  const sources = way.sources.length > 0 ? way.sources : [undefined];
  return sources.map((source) => ({
    spec: [...wayMatch(way, spec, source), ...commentMatch(comment), "-j", target],
  }));
}

/** What the dispatch rules of a way say besides the target port: all that an Endpoint has to know of its service. */
export function saysOfWay({ kind, port }: Way, spec: ServiceSpec): Record<string, string> {
  const bulk = spec.bulk && { service: "bulk" };
  if (kind !== "vip") return { way: kind, ...(kind === "node" && { port: String(port.port) }), ...bulk };
  const { affinitySeconds, internalTrafficPolicy, externalTrafficPolicy, inline } = spec;
  return {
    ...(affinitySeconds !== undefined && { affinity: String(affinitySeconds) }),
    ...(internalTrafficPolicy === "Local" && { internal: "Local" }),
    ...(externalTrafficPolicy === "Local" && { external: "Local" }),
    ...(inline && { endpoints: "inline" }),
    ...bulk,
  };
}
