import { drift } from "../../kernel/drift.js";
import { unsingle } from "../../kernel/family.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import type { Rule } from "../../kernel/iptables/ruleset.js";
import { noteOf, shownRule } from "../../ownership/comment.js";
import { shownWay, type Way, type WayKind } from "../ways.js";

/** A dispatch rule that must be there, for which way and port of the arguments, and the one that is. */
export interface WantedRule {
  way: Way;
  /** Index in `ports`. */
  at: number;
  rule: Rule;
  found?: Rule;
}

/** Names the arguments that the rules which lead to a service chain say otherwise; "" when all are right. `wrong` are those that are no wanted one. */
export function dispatchDrift(chain: string, wanted: WantedRule[], wrong: Rule[]): string {
  const left = [...wrong];
  const missing = wanted.filter(({ found }) => !found);
  const texts = missing.map((each) => {
    const at = left.findIndex((rule) => kindOf(rule) === each.way.kind);
    const present = wanted.flatMap(({ way, found }) => (way === each.way && found ? [found] : []));
    return ofRule(chain, each, at < 0 ? undefined : left.splice(at, 1)[0], present);
  });
  const all = wanted.map(({ way }) => shownWay(way));
  const extra = left.map((rule) => drift(ARGUMENTS[kindOf(rule)], shownRule(rule), all));
  // An argument can have several rules, and is named once.
  return [...new Set([...texts.flat(), ...extra])].join("; ");
}

const ARGUMENTS: Record<WayKind, string> = { vip: "ports", external: "externalIPs", node: "ports.nodePort" };
const kindOf = (rule: Rule) => (noteOf(rule)?.says?.way ?? "vip") as WayKind;
const sourceOf = (rule: Rule) => factsOf(rule).options.get("-s");
/** Where endpoints are declared that their service does not carry. */
export const SEPARATE = "resources of their own";
/** How a service is declared that is not in bulk. */
export const ALONE = "a ServiceVip";
const affinityOf = (seconds: string | undefined) => (seconds === undefined ? "None" : "ClientIP");

/** `present` are the rules of the same way that are right: each of its networks has one. */
function ofRule(
  chain: string,
  { way, at, rule }: WantedRule,
  found: Rule | undefined,
  present: Rule[],
): string | string[] {
  const argument = { vip: "address", external: "externalIPs", node: `ports[${at}].nodePort` }[way.kind];
  const ranges = (rules: Rule[]) => ["loadBalancerSourceRanges", rules.map(sourceOf), way.sources] as const;
  if (!found && present.length > 0) return drift(...ranges(present));
  if (!found) return drift(argument, `no rule in ${chain}`, shownWay(way));
  const wanted = factsOf(rule).options;
  const { options } = factsOf(found);
  const [saysNow, says] = [noteOf(found)?.says, noteOf(rule)?.says];
  const to = (of: ReadonlyMap<string, string>) => unsingle(of.get("-d") ?? "");
  const port = way.kind === "node" ? `ports[${at}].nodePort` : `ports[${at}].port`;
  const wrong = [
    [way.kind === "vip" ? "address" : "externalIPs", to(options), to(wanted)] as const,
    [`ports[${at}].protocol`, options.get("-p"), way.protocol] as const,
    [port, options.get("--dport"), way.dport] as const,
    [`ports[${at}].targetPort`, noteOf(found)?.targetPort, way.port.targetPort] as const,
    ...(sourceOf(found) === sourceOf(rule) ? [] : [ranges([...present, found])]),
    ["sessionAffinity", affinityOf(saysNow?.affinity), affinityOf(says?.affinity)] as const,
    ...(saysNow?.affinity && says?.affinity
      ? [["sessionAffinityTimeoutSeconds", saysNow.affinity, says.affinity] as const]
      : []),
    ["internalTrafficPolicy", saysNow?.internal ?? "Cluster", says?.internal ?? "Cluster"] as const,
    ["externalTrafficPolicy", saysNow?.external ?? "Cluster", says?.external ?? "Cluster"] as const,
    ["services", saysNow?.service ?? ALONE, says?.service ?? ALONE] as const,
    ["endpoints", saysNow?.endpoints ?? SEPARATE, says?.endpoints ?? SEPARATE] as const,
  ].filter(([, is, value]) => String(is) !== String(value));
  if (wrong.length === 0) return drift(argument, shownRule(found), `one rule for ${shownWay(way)}`);
  return wrong.map(([name, is, value]) => drift(name, is, value));
}
