import { unsingle, withoutPort } from "../../kernel/family.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import { type Chain, isBuiltIn, type Rule, type Table } from "../../kernel/iptables/ruleset.js";
import type { ServiceHead } from "../../kernel/service-change.js";
import type { EndpointSpec, PortSpec, Protocol } from "../../kernel/service-spec.js";
import { noteOf } from "../../ownership/comment.js";
import { outsideChainName } from "../chain-name.js";
import type { WayKind } from "../frontends.js";
import type { Jump } from "./choice.js";
import { conditionsIn } from "./notes.js";

/**
 * How a service lies in table nat: dispatch rules in the NatChain's chain, one for each frontend,
 * lead to its service chain, that leads by chance to one of the endpoint chains, and those hold a
 * DNAT rule for each port. What is here is read from there.
 */
export interface DispatchRule {
  way: WayKind;
  chain: string;
  serviceChain: string;
  rule: Rule;
  /** Of a node port "". */
  address: string;
  protocol: Protocol;
  port: number;
  targetPort: number;
}

// Neither rules nor lists of them are ever changed, only replaced, so each is read once
const jumpsOf = new WeakMap<readonly Rule[], Jump[]>();

/** The jumps in a service chain that this product made, one for each endpoint chain. */
export function jumpsIn(rules: readonly Rule[] = []): readonly Jump[] {
  const jumps = jumpsOf.get(rules) ?? readJumps(rules);
  jumpsOf.set(rules, jumps);
  return jumps;
}

function readJumps(rules: readonly Rule[]): Jump[] {
  const jumps = new Map<string, Jump>();
  for (const rule of rules) {
    const { target, comment, options } = factsOf(rule);
    if (target === undefined || comment === undefined || !noteOf(rule)) continue;
    const jump = jumps.get(target) ?? { endpointChain: target, comment };
    const kind = options.has("--rcheck") ? "returning" : "rule";
    jump[kind] ??= rule;
    jumps.set(target, jump);
  }
  return [...jumps.values()];
}

const dispatchOf = new WeakMap<Rule, DispatchRule | undefined>();

/**
 * Which service a rule leads to; undefined for a rule that is none of this product's dispatches.
 */
export function readDispatch(chain: string, rule: Rule): DispatchRule | undefined {
  if (!dispatchOf.has(rule)) dispatchOf.set(rule, read(chain, rule));
  return dispatchOf.get(rule);
}

const OUTSIDE = outsideChainName("");

/** The service chain that a chain is of: "A-SVC-WEB" for "A-SVC-WEB/ext". */
export const insideName = (chain: string) => (chain.endsWith(OUTSIDE) ? chain.slice(0, -OUTSIDE.length) : chain);

function read(chain: string, rule: Rule): DispatchRule | undefined {
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
    serviceChain: insideName(target),
    rule,
  };
}

/**
 * For how many seconds a client is led back to its endpoint. Where no endpoint gets new clients
 * only the rules of the service say it.
 */
function affinityIn(jumps: readonly Jump[], noted: string | undefined): number | undefined {
  const [seconds] = jumps.flatMap(({ returning }) => (returning && factsOf(returning).options.get("--seconds")) ?? []);
  const isChosen = ({ rule }: Jump) => rule && factsOf(rule).options.get("--probability")?.match(/[1-9]/) !== null;
  const said = seconds ?? (jumps.some(isChosen) ? undefined : noted);
  return said === undefined ? undefined : Number(said);
}

/** A service as its dispatch rules say it, and the jumps to its endpoints. */
export function headOf(name: string, ways: DispatchRule[], jumps: readonly Jump[]): ServiceHead {
  const vips = ways.filter(({ way }) => way === "vip");
  const outside = (["external", "node"] as const).flatMap((kind) => ways.filter(({ way }) => way === kind));
  const { mark = "", says = {} } = noteOf((vips[0] ?? ways[0]!).rule) ?? {};
  const nodePortOf = (port: number, protocol: Protocol) =>
    outside.find(
      (each) => each.way === "node" && each.protocol === protocol && noteOf(each.rule)?.says?.port === String(port),
    )?.port;
  const affinitySeconds = affinityIn(jumps, says.affinity);
  const [first] = outside;
  const ofFirst = outside.filter(
    ({ way, address, protocol, port }) =>
      way === first?.way && address === first.address && protocol === first.protocol && port === first.port,
  );
  return {
    name,
    mark,
    address: vips[0]?.address ?? "",
    ports: vips.map(({ protocol, port, targetPort }): PortSpec => {
      const nodePort = nodePortOf(port, protocol);
      return { protocol, port, targetPort, ...(nodePort !== undefined && { nodePort }) };
    }),
    ...(affinitySeconds !== undefined && { affinitySeconds }),
    externalIPs: [...new Set(outside.filter(({ way }) => way === "external").map((each) => each.address))],
    loadBalancerSourceRanges: ofFirst.flatMap(
      ({ rule }) => factsOf(rule).options.get("-s") ?? noteOf(rule)?.says?.from ?? [],
    ),
    externalTrafficPolicy: says.external === "Local" ? "Local" : "Cluster",
    internalTrafficPolicy: says.internal === "Local" ? "Local" : "Cluster",
    ...(says.endpoints === "inline" && { inline: true as const }),
    ...(says.service === "bulk" && { bulk: true as const }),
  };
}

/**
 * The endpoint of a chain: what `said`, a rule that leads there or is in it, says of it. Its
 * address is "" when its chain has none.
 */
export function endpointOf(endpointChain: string, said: Rule | undefined, chain: Chain | undefined): EndpointSpec {
  const note = said && noteOf(said);
  return {
    name: endpointName(endpointChain),
    address: endpointAddress(chain) ?? "",
    mark: note?.mark ?? "",
    ...conditionsIn(note?.says),
  };
}

const endpointName = (chain: string) => chain.slice(chain.indexOf("-SEP-") + "-SEP-".length);
export const serviceNameIn = (chain: string) => chain.slice(chain.indexOf("-SVC-") + "-SVC-".length);

/** The address that an endpoint chain sends to: that of a rule of ours, or else of any. */
function endpointAddress(chain: Chain | undefined): string | undefined {
  const rules = chain?.rules.filter((rule) => addressIn(rule) !== undefined) ?? [];
  const rule = rules.find((each) => noteOf(each)) ?? rules[0];
  return rule && addressIn(rule);
}

/** The address that a DNAT rule sends to. */
export function addressIn(rule: Rule): string | undefined {
  const to = factsOf(rule).options.get("--to-destination");
  return to === undefined ? undefined : withoutPort(to);
}

/**
 * Not a service's dispatch rule: those may be of other stacks, and say nothing about whose the
 * chain is.
 */
export const isAnchor = (rule: Rule) => noteOf(rule)?.targetPort === undefined;

/** The jumps from built-in chains, by where they lead to. */
export function hooksInto(table: Table | undefined): ReadonlyMap<string, { chain: string; rule: Rule }[]> {
  const found = new Map<string, { chain: string; rule: Rule }[]>();
  for (const [chain, { rules }] of table ?? [])
    for (const rule of isBuiltIn(chain) ? rules : []) {
      const target = factsOf(rule).target ?? "";
      const others = found.get(target);
      if (others) others.push({ chain, rule });
      else found.set(target, [{ chain, rule }]);
    }
  return found;
}
