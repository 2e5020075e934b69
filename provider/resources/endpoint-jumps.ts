import type { Context } from "../definition.js";
import { drift } from "../model/drift.js";
import { conditionDrift, conditionsIn } from "../model/endpoint-note.js";
import { keptForUs } from "../model/our-chain.js";
import { commentMatch, isMarked, isOurs, noteOf, ownerOf, sameNote, shownRule } from "../model/rule-comment.js";
import { factsOf, sameRule } from "../model/rule-facts.js";
import type { Chain, Rule, Table } from "../model/ruleset.js";
import { type Jump, jumpsIn } from "../model/service.js";
import { serviceRules } from "../model/service-rules.js";
import type { Snapshot } from "../model/snapshot.js";
import type { Step } from "../plan.js";

type Named = [name: string, chain: Chain];

/** The service chains that lead to an endpoint chain by a rule of ours: two, when the endpoint has just changed its service. */
export function leadingTo(endpoint: string, table: Table | undefined, context: Context): Named[] {
  const leads = (rule: Rule) => factsOf(rule).target === endpoint && isOurs(rule, context);
  return [...(table ?? [])].filter(([name, { rules }]) => name.includes("-SVC-") && rules.some(leads));
}

/** A service chain that leads to this endpoint no longer: the others share what was its. */
export function without(endpoint: string, [name, chain]: Named, table: Table | undefined, why: string): Step {
  const left = jumpsIn(chain).filter(({ endpointChain }) => endpointChain !== endpoint);
  return { do: "chain", table: "nat", chain: name, rules: serviceRules(left, table), why };
}

/** Judges this endpoint's own jump; when that is wrong the whole service is laid out anew, all probabilities exact. */
export function jumpSteps(service: string, serviceChain: string, jump: Jump, table: Table | undefined): Step[] {
  const { endpointChain: endpoint, comment } = jump;
  const chain = table?.get(serviceChain);
  const present = jumpsIn(chain);
  const own = present.find(({ endpointChain }) => endpointChain === endpoint);
  const wish: Rule = { spec: commentMatch(comment) };
  const kept = own?.rule && sameNote(own.rule, wish) ? own : undefined;
  const rules = serviceRules([...present.filter((each) => each !== own), kept ?? jump], table);
  const at = rules.findIndex((rule) => factsOf(rule).target === endpoint);
  // What is no jump of ours shifts the places, and is the ServiceVip's concern.
  const marked = chain?.rules.filter(isMarked) ?? [];
  const now = marked[at];
  if (kept && now && sameRule(now, rules[at]!)) return [];
  const place = (rule: Rule, all: Rule[]) => `jump ${all.indexOf(rule) + 1} of ${serviceChain}, ${shownRule(rule)}`;
  const why = kept?.rule
    ? drift("service", place(kept.rule, marked), place(rules[at]!, rules))
    : own?.rule
      ? conditionDrift(conditionsIn(noteOf(own.rule)?.says), conditionsIn(noteOf(wish)?.says))
      : drift("service", `no jump from ${serviceChain} to ${endpoint}`, service);
  return [{ do: "chain", table: "nat", chain: serviceChain, rules, why }];
}

/** Takes an endpoint chain away, and first every jump to it. */
export function removeChain(endpoint: string, host: Snapshot, context: Context): Step[] {
  const table = host.firewall.get("nat");
  const found = table?.get(endpoint);
  const leading = leadingTo(endpoint, table, context);
  const owners = found?.rules.map((rule) => ownerOf(rule, context.owner)) ?? [];
  const ours = owners.includes("ours") || leading.length > 0 || keptForUs(found?.rules ?? [], context);
  if (!found || owners.includes("other") || !ours) return [];
  const why = drift("name", `chain ${endpoint}`, undefined);
  return [
    ...leading.map((each) => without(endpoint, each, table, why)),
    { do: "chain", table: "nat", chain: endpoint, rules: null, why },
  ];
}
