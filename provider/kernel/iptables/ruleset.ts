import type { Family } from "../family.js";

/** The tables this product writes to; IPv6's are called as nft calls them. */
export type TableName = "filter" | "nat" | "ip6 filter" | "ip6 nat";

/** A family's table of that name. */
export const tableOf = <T extends string>(family: Family, table: T) =>
  (family === "ip6" ? `ip6 ${table}` : table) as T | `ip6 ${T}`;

/** Whose family a table is. */
export const tableFamily = (table: string): Family => (table.startsWith("ip6 ") ? "ip6" : "ip");

/** What iptables or ip6tables calls it. */
export const plainName = (table: string) => table.replace(/^ip6 /, "");

/**
 * One rule as `iptables-save` writes it behind `-A CHAIN`, in tokens without quotes: ["-p", "tcp",
 * "-j", "ACCEPT"].
 */
export interface Rule {
  spec: string[];
}

/** `policy` is there for built-in chains only. */
export interface Chain {
  policy?: string;
  rules: Rule[];
}

export type Table = Map<string, Chain>;

/** Table name → table, for all tables of both families, ours or not. */
export type Firewall = Map<string, Table>;

const BUILT_IN = new Set(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);

/** Where iptables hangs its built-in chains of the tables that we use. */
const OWN_HOOKS: Record<string, Record<string, readonly [type: string, priority: number]>> = {
  filter: { INPUT: ["filter", 0], FORWARD: ["filter", 0], OUTPUT: ["filter", 0] },
  nat: {
    PREROUTING: ["nat", -100],
    INPUT: ["nat", 100],
    OUTPUT: ["nat", -100],
    POSTROUTING: ["nat", 100],
  },
};

/**
 * Is a chain, as nft lists it, no built-in one by its name, or just the one that iptables makes?
 */
export function isOwnHook(
  table: string,
  chain: { name: string; type?: string; hook?: string; prio?: number },
): boolean {
  const own = OWN_HOOKS[table]?.[chain.name];
  if (!own) return true;
  const [type, priority] = own;
  return chain.type === type && chain.prio === priority && chain.hook === chain.name.toLowerCase();
}

/** The kernel's own chains: a rule brings one into being, and no chain of ours has such a name. */
export function isBuiltIn(chain: string): boolean {
  return BUILT_IN.has(chain);
}

/** The rules of a chain; none when there is no such chain or table. */
export function rulesOf(firewall: Firewall, table: string, chain: string): Rule[] {
  return firewall.get(table)?.get(chain)?.rules ?? [];
}

/** Nothing but empty built-in chains with policy ACCEPT: such a table does nothing. */
export function isEmptyTable(table: Table): boolean {
  for (const [name, chain] of table) if (!isBuiltIn(name) || !isIdle(chain)) return false;
  return true;
}

/** A built-in chain that changes nothing for any packet. */
export function isIdle(chain: Chain): boolean {
  return chain.rules.length === 0 && (chain.policy ?? "ACCEPT") === "ACCEPT";
}
