import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { factsOf, sameRule } from "../../kernel/iptables/rule-facts.js";
import { type Rule, rulesOf, type Table } from "../../kernel/iptables/ruleset.js";
import type { Step } from "../../kernel/plan.js";
import { inSequence } from "../../kernel/sequence.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { commentMatch, isMarked, isOurs, isOwn, noteOf, sameNote, shownRule } from "../../ownership/comment.js";
import type { RulesOf } from "../../ownership/marks.js";
import type { Found } from "../../ownership/origin.js";
import { keptForUs } from "../../ownership/our-chain.js";
import { outsideChainName } from "../chain-name.js";
import { conditionDrift, conditionsIn } from "./endpoint-note.js";
import { allServices, type Dispatch, endpointOf, foundSpec, type Jump, jumpsIn } from "./read.js";
import { serviceRules } from "./service-rules.js";
import { choosingChains, gateSteps, masqueradeSteps, rulesFor } from "./service-steps.js";

const OUTSIDE = outsideChainName("");

/** Our rules that lead to an endpoint chain. */
function jumpsInto(endpoint: string, table: Table | undefined, context: Context): Found[] {
  const jumps = table ? (jumpsOf(table).get(endpoint) ?? []) : [];
  return jumps
    .filter(({ rule }) => isOurs(rule, context))
    .map(({ name, rule }) => ({ table: "nat", chain: name, rule }));
}

/**
 * The rules in an endpoint's chain and those that lead there; what masquerades for it is marked
 * where that is laid out.
 */
export function rulesOfEndpoint(endpoint: string, { firewall }: Snapshot, context: Context): RulesOf {
  const inside = rulesOf(firewall, "nat", endpoint).map((rule) => ({ table: "nat" as const, chain: endpoint, rule }));
  return { own: [...inside, ...jumpsInto(endpoint, firewall.get("nat"), context)] };
}

/** The service chains that lead to an endpoint chain by a rule of ours: two, when the endpoint has just changed its service. */
export function leadingTo(endpoint: string, table: Table | undefined, context: Context): string[] {
  const chains = jumpsInto(endpoint, table, context).map(({ chain }) => chain);
  return [...new Set(chains.map((name) => (name.endsWith(OUTSIDE) ? name.slice(0, -OUTSIDE.length) : name)))];
}

type Leading = { name: string; rule: Rule };

// Tables are never changed, only replaced
const leadingOf = new WeakMap<Table, Map<string, Leading[]>>();

/** The rules of a table's service chains, by where they lead to. */
function jumpsOf(table: Table): Map<string, Leading[]> {
  const known = leadingOf.get(table);
  if (known) return known;
  const found = new Map<string, Leading[]>();
  for (const [name, { rules }] of table)
    for (const rule of name.includes("-SVC-") ? rules : []) {
      const target = factsOf(rule).target ?? "";
      const others = found.get(target);
      if (others) others.push({ name, rule });
      else found.set(target, [{ name, rule }]);
    }
  leadingOf.set(table, found);
  return found;
}

/** A service with these jumps to endpoints: the chains by which it chooses one, and what becomes of what none gets. */
function laidOut(serviceChain: string, jumps: Jump[], host: Snapshot, context: Context, why: string): Step[] {
  const table = host.firewall.get("nat");
  const service = allServices(table).find((each) => each.serviceChain === serviceChain);
  // The ServiceVip is gone, or its rules are: then only what the endpoint is in is left to lay out.
  if (!table || !service)
    return [{ do: "chain", table: "nat", chain: serviceChain, rules: withoutService(jumps, table), why }];
  const spec = { ...foundSpec(service, table), endpoints: jumps.map((jump) => endpointOf(jump, table)) };
  return [
    ...choosingChains(spec, serviceChain, jumps, host)
      .filter(({ name }) => table.has(name))
      .map(({ name, rules }): Step => ({ do: "chain", table: "nat", chain: name, rules, why })),
    ...gateSteps(service, spec, host, context, why),
  ];
}

const withoutService = (jumps: Jump[], table: Table | undefined) =>
  serviceRules(jumps, table, "Cluster", { family: "ip" });

/** A service that leads to this endpoint no longer: the others share what was its. */
export function without(endpoint: string, serviceChain: string, host: Snapshot, context: Context, why: string): Step[] {
  const chain = host.firewall.get("nat")?.get(serviceChain);
  const left = jumpsIn(chain).filter(({ endpointChain }) => endpointChain !== endpoint);
  return laidOut(serviceChain, left, host, context, why);
}

/** Judges this endpoint's own jumps; when one is wrong the whole service is laid out anew, all probabilities exact. */
export function jumpSteps(reference: string, service: Dispatch, jump: Jump, host: Snapshot, context: Context): Step[] {
  const { endpointChain: endpoint, comment } = jump;
  const table = host.firewall.get("nat")!;
  const present = jumpsIn(table.get(service.serviceChain));
  const own = present.find(({ endpointChain }) => endpointChain === endpoint);
  const wish: Rule = { spec: commentMatch(comment) };
  const kept = own?.rule && sameNote(own.rule, wish) ? own : undefined;
  const jumps = [...present.filter((each) => each !== own), kept ?? jump];
  const spec = { ...foundSpec(service, table), endpoints: jumps.map((each) => endpointOf(each, table)) };
  const wrong = choosingChains(spec, service.serviceChain, jumps, host)
    .filter(({ name }) => table.has(name))
    .map(({ name, rules }) => wrongJump(reference, endpoint, name, rules, table))
    .find((text) => text !== "");
  const conditions =
    own?.rule && !kept && conditionDrift(conditionsIn(noteOf(own.rule)?.says), conditionsIn(noteOf(wish)?.says));
  const why = conditions || wrong;
  return why ? laidOut(service.serviceChain, jumps, host, context, why) : [];
}

/** What is wrong with the rules of one chain that lead to an endpoint, given all that the chain must hold; "" when nothing is. */
function wrongJump(reference: string, endpoint: string, chain: string, wanted: Rule[], table: Table): string {
  // What is no jump of ours shifts the places, and is the ServiceVip's concern.
  const found = table.get(chain)!.rules.filter(isMarked);
  const leads = (rule: Rule | undefined) => rule !== undefined && factsOf(rule).target === endpoint;
  if (!found.some(leads)) return drift("service", `no jump from ${chain} to ${endpoint}`, reference);
  const at = Array.from({ length: Math.max(found.length, wanted.length) }, (_, each) => each).find(
    (each) =>
      (leads(found[each]) || leads(wanted[each])) &&
      !(found[each] && wanted[each] && sameRule(found[each], wanted[each])),
  );
  if (at === undefined) return "";
  const place = (rules: Rule[]) => {
    const index = leads(rules[at]) ? at : rules.findLastIndex(leads);
    return index < 0 ? "none" : `jump ${index + 1} of ${chain}, ${shownRule(rules[index]!)}`;
  };
  return drift("service", place(found), place(wanted));
}

/** Takes an endpoint chain away, and first every jump to it. */
export function removeChain(endpoint: string, host: Snapshot, context: Context): Step[] {
  const table = host.firewall.get("nat");
  const found = table?.get(endpoint);
  const leading = leadingTo(endpoint, table, context);
  const marked = found?.rules.filter(isMarked) ?? [];
  const ours = marked.length > 0 || leading.length > 0 || keptForUs(found?.rules ?? [], context);
  if (!found || !marked.every((rule) => isOwn(rule, context)) || !ours) return [];
  const why = drift("name", `chain ${endpoint}`, undefined);
  return [
    ...inSequence(
      host,
      leading.map((each) => (now) => without(endpoint, each, now, context, why)),
    ),
    { do: "chain", table: "nat", chain: endpoint, rules: null, why },
  ];
}

/** Takes away what is masqueraded for an endpoint of ours, wherever that is. */
export function masqueradeRemoval(endpoint: string, host: Snapshot, context: Context, why: string): Step[] {
  const chains = [...(host.firewall.get("nat") ?? [])].filter(([, { rules }]) =>
    rulesFor(rules)
      .get(endpoint)
      ?.some((rule) => isOwn(rule, context)),
  );
  return chains.flatMap(([name]) => masqueradeSteps({ name, endpointChain: endpoint }, undefined, host, context, why));
}

/** By a bare name a service can move to a chain of another prefix, or to nftables: then the endpoint's chain has a new name, or none. */
export function oldChainSteps(endpoint: string | undefined, host: Snapshot, context: Context): Step[] {
  const old = context.previous?.chainName;
  if (typeof old !== "string" || old === endpoint) return [];
  const why = drift("name", `chain ${old}`, undefined);
  return inSequence(host, [
    (now) => removeChain(old, now, context),
    (now) => masqueradeRemoval(old, now, context, why),
  ]);
}
