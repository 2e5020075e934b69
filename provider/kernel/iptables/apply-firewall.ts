import { HostError } from "../errors.js";
import type { ChainStep, FirewallStep, MarkStep, RuleStep } from "../plan.js";
import { recommented } from "./rule-comment.js";
import { identityOf } from "./rule-facts.js";
import { type Chain, type Firewall, isBuiltIn, isEmptyTable, isIdle, type Rule, type Table } from "./ruleset.js";

/**
 * The firewall after steps. The one given stays as it is; only the touched tables and chains are copied, each table once. A rule for a user chain
 * that is not there throws Prerequisite; what is gone already changes nothing.
 */
export function applyFirewall(firewall: Firewall, steps: FirewallStep[]): Firewall {
  if (steps.length === 0) return firewall;
  const after = new Map(firewall);
  const own = new Set<string>();
  for (const step of steps) {
    const found = after.get(step.table);
    if (step.do === "dropEmptyTable") {
      if (found && isEmptyTable(found)) after.delete(step.table);
      continue;
    }
    const table: Table = found && own.has(step.table) ? found : new Map(found);
    if (step.do === "chain") setChain(table, step);
    else if (step.do === "mark") setMark(table, step);
    else setRule(table, step);
    if (table.size > 0 || found) {
      after.set(step.table, table);
      own.add(step.table);
    }
  }
  return after;
}

function setChain(table: Table, { chain, rules }: ChainStep): void {
  const found = table.get(chain);
  if (rules !== null) table.set(chain, { ...found, rules });
  else if (found && (!isBuiltIn(chain) || isIdle(found))) table.delete(chain);
}

function setRule(table: Table, { table: name, chain, rule, at }: RuleStep): void {
  const found = table.get(chain);
  if (!found && at === "gone") return;
  if (!found && !isBuiltIn(chain))
    throw new HostError("not-found", `iptables -t ${name} -A ${chain}`, `there is no chain ${chain} in table ${name}`);
  const before: Chain = found ?? { policy: "ACCEPT", rules: [] };
  table.set(chain, { ...before, rules: withRule(before.rules, rule, at) });
}

function setMark(table: Table, { chain, rule, mark }: MarkStep): void {
  const found = table.get(chain);
  const index = found ? indexIn(found.rules, rule) : -1;
  if (found && index >= 0) table.set(chain, { ...found, rules: found.rules.with(index, recommented(rule, mark)) });
}

function withRule(rules: Rule[], rule: Rule, at: RuleStep["at"]): Rule[] {
  if (at === "first") return [rule, ...rules];
  if (at === "last") return [...rules, rule];
  const index = indexIn(rules, rule);
  return index < 0 ? rules : rules.toSpliced(index, 1);
}

function indexIn(rules: Rule[], rule: Rule): number {
  const index = rules.indexOf(rule);
  if (index >= 0) return index;
  // read again meanwhile: the same rule, another object, maybe other words
  const wanted = identityOf(rule);
  return rules.findIndex((each) => identityOf(each) === wanted);
}
