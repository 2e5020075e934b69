import { type Family, familyOf, withPort } from "../../kernel/family.js";
import { commentMatch } from "../../kernel/iptables/rule-comment.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import { canonicalValue } from "../../kernel/iptables/rule-value.js";
import type { Rule } from "../../kernel/iptables/ruleset.js";
import { naturally } from "../../kernel/natural-order.js";
import type { EndpointSpec, PortSpec, ServiceSpec } from "../../kernel/service-spec.js";
import { eligible, type TrafficPolicy } from "../eligible.js";

type Affinity = Pick<ServiceSpec, "affinitySeconds" | "family">;

/**
 * One way out of a service chain: the endpoint's chain, the comment of the rule that leads there,
 * and, where they are, that rule and the one that leads there whom it has seen.
 */
export interface Jump {
  endpointChain: string;
  comment: string;
  rule?: Rule;
  returning?: Rule;
}

/**
 * The rules of an endpoint's chain, one for each port. What comes there was dispatched to this
 * service, so the port has to be looked at only where the service has several of the protocol. With
 * affinity the client is remembered under the chain's name.
 */
export function endpointRules(
  endpoint: { address: string; chain: string },
  { ports, affinitySeconds }: Pick<ServiceSpec, "ports" | "affinitySeconds">,
  comment: string,
): Rule[] {
  const { address, chain } = endpoint;
  const remember =
    affinitySeconds === undefined ? [] : ["-m", "recent", "--set", ...ofClient(chain, familyOf(address))];
  const sorted = ports.toSorted((a, b) => naturally(a.protocol, b.protocol) || a.port - b.port);
  return sorted.flatMap((each) => {
    const { protocol, targetPort } = each;
    const to = ["-j", "DNAT", "--to-destination", withPort(address, targetPort)];
    const alone = ports.filter((other) => other.protocol === protocol).length === 1;
    return (alone ? [[]] : dportsOf(each).map((dport) => ["--dport", String(dport)])).map((dport) => ({
      spec: ["-p", protocol, "-m", protocol, ...dport, ...remember, ...commentMatch(comment), ...to],
    }));
  });
}

const dportsOf = ({ port, nodePort }: PortSpec) => (nodePort === undefined ? [port] : [port, nodePort]);

/** Clients are told apart by their whole address. iptables-save prints the mask too. */
const ofClient = (list: string, family: Family) => [
  "--name",
  list,
  "--mask",
  family === "ip6" ? "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" : "255.255.255.255",
  "--rsource",
];

/**
 * The rules of a service's chain: with affinity first whom an endpoint has seen lately; then the
 * newest name first, each endpoint with probability weight/(weights left), so that each gets its
 * share of the whole. One that gets nothing new stays in the chain at probability 0: it remains
 * plain what belongs to the service.
 */
export function choosingRules(
  jumps: (Jump & { endpoint: EndpointSpec })[],
  policy: TrafficPolicy,
  affinity: Affinity,
): Rule[] {
  const ordered = jumps.toSorted((a, b) => naturally(b.endpointChain, a.endpointChain));
  const chosen = new Set(
    eligible(
      ordered.map(({ endpoint }) => endpoint),
      policy,
    ),
  );
  const shareOf = ({ endpoint }: { endpoint: EndpointSpec }) => (chosen.has(endpoint) ? endpoint.weight : 0);
  let left = ordered.reduce((sum, each) => sum + shareOf(each), 0);
  const random = ordered.map((jump) => {
    const share = shareOf(jump);
    const chance = share > 0 && share === left ? undefined : probability(share, left);
    left -= share;
    return jump.rule && isJump(jump.rule, chance) ? jump.rule : jumpRule(jump, chance);
  });
  if (affinity.affinitySeconds === undefined) return random;
  const returning = ordered.filter(({ endpoint }) => chosen.has(endpoint)).map((jump) => returnRule(jump, affinity));
  return [...returning, ...random];
}

function jumpRule({ endpointChain, comment }: Jump, chance: string | undefined): Rule {
  const match = chance === undefined ? [] : ["-m", "statistic", "--mode", "random", "--probability", chance];
  return { spec: [...match, ...commentMatch(comment), "-j", endpointChain] };
}

const probability = (share: number, left: number) => (left === 0 ? 0 : share / left).toFixed(11);

/**
 * Has a rule just the matches that it must have? Said without making the other rule, for there are
 * many.
 */
function isJump(rule: Rule, chance: string | undefined): boolean {
  const { options } = factsOf(rule);
  if (chance === undefined) return options.size === 0;
  const value = canonicalValue("--probability", chance);
  return options.size === 2 && options.get("--mode") === "random" && options.get("--probability") === value;
}

/**
 * Leads a client to the endpoint that it was sent to within the last so many seconds; what is older
 * is forgotten on the way.
 */
function returnRule({ endpointChain, comment, returning }: Jump, { affinitySeconds, family }: Affinity): Rule {
  const seconds = String(affinitySeconds);
  if (returning && factsOf(returning).options.get("--seconds") === seconds && factsOf(returning).options.size === 6)
    return returning;
  const match = ["-m", "recent", "--rcheck", "--seconds", seconds, "--reap", ...ofClient(endpointChain, family)];
  return { spec: [...match, ...commentMatch(comment), "-j", endpointChain] };
}
