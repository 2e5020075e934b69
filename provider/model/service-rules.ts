import { eligible } from "./eligible.js";
import { commentMatch } from "./rule-comment.js";
import { factsOf } from "./rule-facts.js";
import { canonicalValue } from "./rule-value.js";
import type { Rule, Table } from "./ruleset.js";
import { endpointOf, type Jump, type Service } from "./service.js";
import type { PortSpec } from "./service-spec.js";

/** The rule in the NatChain's chain for one port of a service. */
export function dispatchRule({ address, protocol, port }: Service, serviceChain: string, comment: string): Rule {
  const match = ["-d", `${address}/32`, "-p", protocol, "-m", protocol, "--dport", String(port)];
  return { spec: [...match, ...commentMatch(comment), "-j", serviceChain] };
}

/**
 * The rules of an endpoint's chain, one for each port. What comes there was dispatched to this service, so the port has to be looked at only
 * where the service has several of the protocol.
 */
export function endpointRules(address: string, ports: PortSpec[], comment: string): Rule[] {
  const sorted = ports.toSorted((a, b) => naturally(a.protocol, b.protocol) || a.port - b.port);
  return sorted.map(({ protocol, port, targetPort }) => {
    const alone = ports.filter((each) => each.protocol === protocol).length === 1;
    const match = ["-p", protocol, "-m", protocol, ...(alone ? [] : ["--dport", String(port)])];
    return { spec: [...match, ...commentMatch(comment), "-j", "DNAT", "--to-destination", `${address}:${targetPort}`] };
  });
}

/**
 * The rules of a service's chain: the newest name first, each endpoint with probability weight/(weights left), so that each gets its share of
 * the whole. One that gets nothing new stays in the chain at probability 0: it remains plain what belongs to the service.
 */
export function serviceRules(jumps: Jump[], table: Table | undefined): Rule[] {
  const ordered = jumps.toSorted((a, b) => naturally(b.endpointChain, a.endpointChain));
  const endpoints = ordered.map((jump) => endpointOf(jump, table));
  const chosen = new Set(eligible(endpoints, "Cluster"));
  let left = endpoints.reduce((sum, each) => sum + (chosen.has(each) ? each.weight : 0), 0);
  return ordered.map((jump, at) => {
    const share = chosen.has(endpoints[at]!) ? endpoints[at]!.weight : 0;
    const chance = share > 0 && share === left ? undefined : probability(share, left);
    left -= share;
    return jump.rule && isJump(jump.rule, chance) ? jump.rule : jumpRule(jump, chance);
  });
}

function jumpRule({ endpointChain, comment }: Jump, chance: string | undefined): Rule {
  const match = chance === undefined ? [] : ["-m", "statistic", "--mode", "random", "--probability", chance];
  return { spec: [...match, ...commentMatch(comment), "-j", endpointChain] };
}

const probability = (share: number, left: number) => (left === 0 ? 0 : share / left).toFixed(11);

/** Has a rule just the matches that it must have? Said without making the other rule, for there are many. */
function isJump(rule: Rule, chance: string | undefined): boolean {
  const { options } = factsOf(rule);
  if (chance === undefined) return options.size === 0;
  const value = canonicalValue("--probability", chance);
  return options.size === 2 && options.get("--mode") === "random" && options.get("--probability") === value;
}

const collator = new Intl.Collator("en", { numeric: true });

/** HTTP2 before HTTP10; names that only differ in case still have one order. */
function naturally(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
