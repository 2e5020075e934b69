import { unreadable } from "../errors.js";
import { type Chain, type Firewall, plainName, type Rule, type Table, tableOf } from "./ruleset.js";
import type { Family } from "./service-spec.js";
import { shown } from "./shown.js";

const TOOL = "iptables-save";

const TOKEN = /"((?:[^"\\]|\\[\s\S])*)"|(\S+)/g;

/**
 * `iptables-save` or, of family ip6, `ip6tables-save` (with or without `-c`) → every table in it. Tokens are unquoted and unescaped; counters and comment lines
 * are dropped. Throws HostError when it is not whole: rules that are missing would be made again.
 */
export function parseSave(text: string, family: Family = "ip"): Firewall {
  const firewall: Firewall = new Map();
  let table: Table | undefined;
  for (const line of wholeLines(text)) {
    const [, begins] = /^\*(\S+)\s*$/.exec(line) ?? [];
    const [, declared, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    const [, ruled, rule] = /^(?:\[\d+:\d+\] )?-A (\S+)([\s\S]*)$/.exec(line) ?? [];
    if (!table && begins !== undefined) {
      table = new Map();
      firewall.set(tableOf(family, begins), table);
    } else if (table && declared !== undefined) chainIn(table, declared, policy);
    else if (table && ruled !== undefined) chainIn(table, ruled).rules.push({ spec: tokens(rule ?? "") });
    else if (table && line.trimEnd() === "COMMIT") table = undefined;
    else if (!line.startsWith("#") && line.trim() !== "") throw unreadable(TOOL, `the line ${shown(line)}`);
  }
  if (text.slice(text.lastIndexOf("\n") + 1).startsWith("#")) throw unreadable(TOOL, "its last line has no end");
  if (table) throw unreadable(TOOL, `no COMMIT after the last table, ${shown([...firewall.keys()].at(-1))}`);
  return firewall;
}

/**
 * `iptables-save` of nf_tables prints every built-in chain of a table, be it there or not. This leaves only those which are:
 * a built-in chain without rules, of policy ACCEPT, for which `real` says no is taken out. So a plan can tell a built-in
 * chain that our rule would bring into being.
 */
export function onlyRealChains(firewall: Firewall, real: (table: string, chain: string) => boolean): Firewall {
  const kept: Firewall = new Map();
  for (const [tableName, table] of firewall)
    kept.set(tableName, new Map([...table].filter(([name, chain]) => !isUnreal(tableName, name, chain, real))));
  return kept;
}

function isUnreal(table: string, name: string, chain: Chain, real: (table: string, chain: string) => boolean): boolean {
  return chain.policy === "ACCEPT" && chain.rules.length === 0 && !real(table, name);
}

/** A rule as iptables-restore reads it behind `-A CHAIN `: quoted where it must be. */
export function printRule(rule: Rule): string {
  return rule.spec.map(quoted).join(" ");
}

/** A firewall as `iptables-save` and `ip6tables-save` print it: for tests, previews and people. */
export function printSave(firewall: Firewall): string {
  const lines: string[] = [];
  for (const [name, table] of firewall) {
    lines.push(`*${plainName(name)}`);
    for (const [chain, { policy }] of table) lines.push(`:${chain} ${policy ?? "-"} [0:0]`);
    for (const [chain, { rules }] of table)
      for (const rule of rules) lines.push(`-A ${chain} ${printRule(rule)}`.trimEnd());
    lines.push("COMMIT");
  }
  return lines.map((line) => `${line}\n`).join("");
}

function tokens(line: string): string[] {
  return Array.from(
    line.matchAll(TOKEN),
    ([, inQuotes, bare]) => bare ?? (inQuotes ?? "").replace(/\\([\s\S])/g, "$1"),
  );
}

// iptables-restore knows double quotes only, and a backslash only within them
function quoted(token: string): string {
  return /^[\w./:,!+=@%*-]+$/.test(token) ? token : `"${token.replace(/["\\]/g, "\\$&")}"`;
}

function chainIn(table: Table, name: string, policy?: string): Chain {
  const found = table.get(name);
  if (found) return found;
  const chain: Chain = policy === undefined || policy === "-" ? { rules: [] } : { policy, rules: [] };
  table.set(name, chain);
  return chain;
}

// somebody's comment may hold a line break, which iptables-save prints as it is
function* wholeLines(text: string): Generator<string> {
  let open: string[] = [];
  for (const line of text.split("\n")) {
    const turns = (line.replace(/\\./g, "").match(/"/g)?.length ?? 0) % 2 === 1;
    open.push(line);
    if (turns === open.length > 1) {
      yield open.join("\n");
      open = [];
    }
  }
  if (open.length > 0) throw unreadable(TOOL, `a quote that never ends: ${shown(open[0])}`);
}
