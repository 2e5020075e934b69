import type { Family } from "../kernel/family.js";
import { printRule } from "../kernel/iptables/iptables-save.js";
import { editLines } from "../kernel/iptables/rule-diff.js";
import {
  type Chain,
  type Firewall,
  isBuiltIn,
  plainName,
  type Table,
  tableFamily,
} from "../kernel/iptables/ruleset.js";
import { isMarked } from "../ownership/comment.js";

/**
 * The input of `iptables-restore --noflush` (or `ip6tables-restore`) that leads from one state to
 * the other: one transaction for each table that changes, "" when none does. A chain is changed
 * line by line, so rules of others stay untouched, and rules that stay keep their counters. A chain
 * that will hold our rules only is declared anew where that is shorter. A table that is gone is
 * only emptied: `droppedTables` names it.
 */
export function restoreScript(before: Firewall, after: Firewall, family: Family = "ip"): string {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => tableFamily(name) === family)
    .map((name) => [name, transaction(before.get(name) ?? new Map(), after.get(name))] as const)
    .map(([name, lines]) => (lines.length > 0 ? [`*${plainName(name)}`, ...lines, "COMMIT", ""].join("\n") : ""))
    .join("");
}

/** Tables of `before` that `after` has no more: iptables can't take a table away, nft can. */
export function droppedTables(before: Firewall, after: Firewall): string[] {
  return [...before.keys()].filter((table) => !after.has(table));
}

function transaction(before: Table, after: Table | undefined): string[] {
  // In this order: a chain must be there before a rule jumps to it, and can only go when none does
  const declared: string[] = [];
  const edits: string[] = [];
  const removed: string[] = [];
  for (const [name, chain] of after ?? []) {
    const found = before.get(name);
    if (found === chain) continue;
    const { declare, lines } = chainChange(name, found, chain);
    if (declare) declared.push(`:${name} - [0:0]`);
    edits.push(...lines);
  }
  for (const [name, chain] of before) {
    if (after?.has(name)) continue;
    if (isBuiltIn(name)) edits.push(...editLines(name, chain.rules, []));
    else declared.push(`:${name} - [0:0]`);
    // with its table a built-in chain goes by itself, and it may exist on paper only
    if (after || !isBuiltIn(name)) removed.push(`-X ${name}`);
  }
  return [...declared, ...edits, ...removed];
}

function chainChange(name: string, before: Chain | undefined, after: Chain): { declare: boolean; lines: string[] } {
  const appended = () => after.rules.map((rule) => `-A ${name} ${printRule(rule)}`.trimEnd());
  if (isBuiltIn(name)) return { declare: false, lines: editLines(name, before?.rules ?? [], after.rules) };
  if (!before) return { declare: true, lines: appended() };
  const lines = editLines(name, before.rules, after.rules);
  const anew = lines.length > after.rules.length && after.rules.every(isMarked);
  return anew ? { declare: true, lines: appended() } : { declare: false, lines };
}
