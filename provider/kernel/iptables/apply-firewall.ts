import { HostError } from "../errors.js";
import type { ChainStep, FirewallStep, MarkStep, RuleStep, TableStep } from "../plan.js";
import { recommented } from "./rule-comment.js";
import { identityOf } from "./rule-facts.js";
import { type Chain, type Firewall, isBuiltIn, isEmptyTable, isIdle, type Rule, type Table } from "./ruleset.js";

/**
 * The firewall after steps. The one given stays as it is: each table that steps change is copied
 * once. A rule for a user chain that is not there throws a HostError. What is gone already changes
 * nothing.
 */
export function applyFirewall(firewall: Firewall, steps: FirewallStep[]): Firewall {
  if (steps.length === 0) return firewall;
  const after = new Map(firewall);
  const own = new Set<Table>();
  for (const step of steps) {
    const found = after.get(step.table);
    if (step.do === "dropEmptyTable") {
      if (found && isEmptyTable(found)) after.delete(step.table);
      continue;
    }
    const table = found && own.has(found) ? found : new Map(found);
    own.add(table);
    changeTable(table, step);
    if (table.size > 0 || found) after.set(step.table, table);
  }
  return after;
}

function changeTable(table: Table, step: Exclude<FirewallStep, TableStep>): void {
  if (step.do === "chain") setChain(table, step);
  else if (step.do === "mark") setMark(table, step);
  else setRule(table, step);
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
  // It may have been read anew: the same rule is another object then, maybe in other words.
  const wanted = identityOf(rule);
  return rules.findIndex((each) => identityOf(each) === wanted);
}
