import { familyOf, unsingle, withoutPort } from "../../kernel/family.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import { type Chain, type Firewall, natTablesIn, type Rule, type Table } from "../../kernel/iptables/ruleset.js";
import { commentMatch, noteOf } from "../../ownership/comment.js";
import { outsideChainName } from "../chain-name.js";
import type { EndpointSpec, PortSpec, Protocol, ServiceSpec } from "../spec.js";
import type { WayKind } from "../ways.js";
import { conditionsIn } from "./endpoint-note.js";

/**
 * How a service lies in table nat: dispatch rules in the NatChain's chain, one for each way in, lead to its service chain, that leads by chance
 * to one of the endpoint chains, and those hold a DNAT rule for each port. What is here is read from there.
 */
export interface Service {
  address: string;
  protocol: Protocol;
  port: number;
  targetPort: number;
}

/** A way into a service as it was found: where it hangs and whose it is. Of a node port the address is "". */
export interface Dispatch extends Service {
  way: WayKind;
  chain: string;
  serviceChain: string;
  rule: Rule;
}

/** One way out of a service chain: the endpoint's chain, the comment of the rule that leads there, and the one that leads there whom it has seen. */
export interface Jump {
  endpointChain: string;
  comment: string;
  rule?: Rule;
  returning?: Rule;
}

/** The jumps in a service chain that this product made, one for each endpoint chain. */
export function jumpsIn(chain: Chain | undefined): Jump[] {
  const jumps = new Map<string, Jump>();
  for (const rule of chain?.rules ?? []) {
    const { target, comment, options } = factsOf(rule);
    if (target === undefined || comment === undefined || !noteOf(rule)) continue;
    const jump = jumps.get(target) ?? { endpointChain: target, comment };
    const kind = options.has("--rcheck") ? "returning" : "rule";
    jump[kind] ??= rule;
    jumps.set(target, jump);
  }
  return [...jumps.values()];
}

// Neither rules nor chains nor tables are ever changed, only replaced, so each is read once
const servicesOf = new WeakMap<Table, Dispatch[]>();
const dispatchOf = new WeakMap<Rule, Dispatch | undefined>();
const dispatchesOf = new WeakMap<Chain, Dispatch[]>();

/** The ways into the services that hang in a chain, of all stacks. */
export function servicesIn(table: Table | undefined, chain: string): Dispatch[] {
  const found = table?.get(chain);
  if (!found) return [];
  let services = dispatchesOf.get(found);
  if (!services) {
    services = found.rules.flatMap((rule) => {
      if (!dispatchOf.has(rule)) dispatchOf.set(rule, readDispatch(chain, rule));
      return dispatchOf.get(rule) ?? [];
    });
    dispatchesOf.set(found, services);
  }
  return services;
}

const grouped = new WeakMap<Dispatch[], Map<string, Dispatch[]>>();

/** The ways into one service. */
export function waysInto(table: Table | undefined, chain: string, serviceChain: string): Dispatch[] {
  const all = servicesIn(table, chain);
  let groups = grouped.get(all);
  if (!groups) {
    groups = new Map();
    for (const each of all) {
      const group = groups.get(each.serviceChain);
      if (group) group.push(each);
      else groups.set(each.serviceChain, [each]);
    }
    grouped.set(all, groups);
  }
  return groups.get(serviceChain) ?? [];
}

/** The ways into all services of a table, of all stacks. */
export function allServices(table: Table | undefined): readonly Dispatch[] {
  if (!table) return [];
  const known = servicesOf.get(table);
  if (known) return known;
  const services = [...table.keys()].flatMap((chain) => servicesIn(table, chain));
  servicesOf.set(table, services);
  return services;
}

/** The ways into all services of both families. */
export const allInFamilies = (firewall: Firewall): Dispatch[] =>
  natTablesIn(firewall).flatMap((table) => allServices(table));

const OUTSIDE = outsideChainName("");

function readDispatch(chain: string, rule: Rule): Dispatch | undefined {
  const { targetPort, says } = noteOf(rule) ?? {};
  const { target, options } = factsOf(rule);
  if (targetPort === undefined || target === undefined) return undefined;
  return {
    way: (says?.way as WayKind | undefined) ?? "vip",
    chain,
    address: unsingle(options.get("-d") ?? ""),
    protocol: options.get("-p") as Protocol,
    port: Number(options.get("--dport")),
    targetPort,
    serviceChain: target.endsWith(OUTSIDE) ? target.slice(0, -OUTSIDE.length) : target,
    rule,
  };
}

/** A service as its rules say it, with its endpoints. */
export function foundSpec({ chain, serviceChain }: Dispatch, table: Table): ServiceSpec {
  const ways = waysInto(table, chain, serviceChain);
  const vips = ways.filter(({ way }) => way === "vip");
  const outside = ways.filter(({ way }) => way !== "vip");
  const { mark = "", says = {} } = noteOf((vips[0] ?? ways[0]!).rule) ?? {};
  const address = vips[0]?.address ?? "";
  const nodePortOf = (port: number, protocol: Protocol) =>
    outside.find(
      (each) => each.way === "node" && each.protocol === protocol && noteOf(each.rule)?.says?.port === String(port),
    )?.port;
  const sources = outside.flatMap(({ rule }) => factsOf(rule).options.get("-s") ?? []);
  return {
    chain,
    name: serviceChain.slice(serviceChain.indexOf("-SVC-") + "-SVC-".length),
    mark,
    family: familyOf(address),
    address,
    ports: vips.map(({ protocol, port, targetPort }): PortSpec => {
      const nodePort = nodePortOf(port, protocol);
      return { protocol, port, targetPort, ...(nodePort !== undefined && { nodePort }) };
    }),
    ...(says.affinity !== undefined && { affinitySeconds: Number(says.affinity) }),
    externalIPs: [...new Set(outside.filter(({ way }) => way === "external").map((each) => each.address))],
    loadBalancerSourceRanges: [...new Set(sources)],
    externalTrafficPolicy: says.external === "Local" ? "Local" : "Cluster",
    internalTrafficPolicy: says.internal === "Local" ? "Local" : "Cluster",
    ...(says.endpoints === "inline" && { inline: true as const }),
    ...(says.service === "bulk" && { bulk: true as const }),
    endpoints: jumpsIn(table.get(serviceChain)).map((jump) => endpointOf(jump, table)),
  };
}

/** The endpoint that a jump leads to. Its address is "" when its chain holds no rule of ours. */
export function endpointOf({ endpointChain, comment, rule }: Jump, table: Table | undefined): EndpointSpec {
  const note = noteOf(rule ?? { spec: commentMatch(comment) });
  return {
    name: endpointName(endpointChain),
    address: endpointAddress(table?.get(endpointChain)) ?? "",
    mark: note?.mark ?? "",
    ...conditionsIn(note?.says),
  };
}

export const endpointName = (chain: string) => chain.slice(chain.indexOf("-SEP-") + "-SEP-".length);

/** The address that an endpoint chain sends to; undefined when it holds no such rule of ours. */
export function endpointAddress(chain: Chain | undefined): string | undefined {
  const rule = chain?.rules.find((each) => noteOf(each) && addressIn(each) !== undefined);
  return rule && addressIn(rule);
}

/** The address that a DNAT rule sends to. */
export function addressIn(rule: Rule): string | undefined {
  const to = factsOf(rule).options.get("--to-destination");
  return to === undefined ? undefined : withoutPort(to);
}
