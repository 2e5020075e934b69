import { drift } from "../kernel/drift.js";
import { isBuiltIn, isIdle, type Rule, rulesOf, type Table, type TableName } from "../kernel/iptables/ruleset.js";
import type { ChainStep, TableStep } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { commentOf, isMarked, noteOf, type RuleNote } from "./comment.js";
import type { Context } from "./context.js";

/**
 * Whether a table or a built-in chain was there before us: `destroy` leaves neither behind where it
 * wasn't. The kernel remembers it in our rules' comments. The state file remembers it in the
 * outputs `newTables` and `newChains`, for when the rules were flushed.
 */
export interface Place {
  table: TableName;
  chain: string;
}

/** A rule and where it was found. */
export type Found = Place & { rule: Rule };

/**
 * The outputs to record: tables ("nat", "ip6 nat") and built-in chains ("nat POSTROUTING") that
 * this resource's rules brought into being.
 */
export interface Origin {
  newTables: TableName[];
  newChains: string[];
}

/** The comment of a rule of ours at a place: the mark, and what has to be remembered. */
export function ruleComment(
  place: Place,
  host: Snapshot,
  context: Context,
  note: Pick<RuleNote, "targetPort" | "bridge" | "says"> = {},
): string {
  const origin = originOf(place, host, context);
  return commentOf({ mark: context.mark, ...note, ...(origin && { origin }) });
}

/** What outputs record for rules at these places. */
export function originOutputs(
  places: Place[],
  host: Pick<Snapshot, "firewall">,
  context: Pick<Context, "previous">,
): Origin {
  const of = (origin: RuleNote["origin"]) => places.filter((place) => originOf(place, host, context) === origin);
  return {
    newTables: [...new Set(of("new-table").map(({ table }) => table))],
    newChains: [...new Set(of("new-chain").map(chainKey))],
  };
}

/**
 * The last steps of a removal from a table: its built-in chains, then itself, where we caused them
 * and they end up empty. `why` is why there is one: that a table is left is no drift by itself.
 */
export function leftovers(
  table: TableName,
  gone: Found[],
  host: Snapshot,
  context: Context,
  why?: string,
): (ChainStep | TableStep)[] {
  const found = host.firewall.get(table);
  if (!found) return [];
  const origins = gone.map(({ rule, chain }) => [noteOf(rule)?.origin, { table, chain }] as const);
  const isNew = noted(context, "newTables").includes(table);
  // With a new table came its chains, and others of ours may keep the table.
  const chains = dropChains(
    [
      ...origins.flatMap(([origin, place]) => (origin && isBuiltIn(place.chain) ? [place] : [])),
      ...noted(context, "newChains").map(placeOf),
      ...(isNew ? idleChains(found, gone).map((chain) => ({ table, chain })) : []),
    ].filter((place) => place.table === table),
    host,
    why,
  );
  if (!isNew && !origins.some(([origin]) => origin === "new-table")) return chains;
  return [
    ...chains,
    { do: "dropEmptyTable", table, why: why ?? drift(`table ${table}`, "empty", "none, as before this stack") },
  ];
}

/** The built-in chains that let all pass without the rules that are to go. */
function idleChains(table: Table, gone: Found[]): string[] {
  const going = new Set(gone.map(({ rule }) => rule));
  const left = (rules: Rule[]) => rules.filter((rule) => !going.has(rule));
  return [...table].flatMap(([name, chain]) =>
    isBuiltIn(name) && isIdle({ ...chain, rules: left(chain.rules) }) ? [name] : [],
  );
}

function dropChains(places: Place[], host: Snapshot, why?: string): ChainStep[] {
  return [...new Map(places.map((place) => [chainKey(place), place])).values()]
    .filter(({ table, chain }) => host.firewall.get(table)?.has(chain))
    .map(({ table, chain }) => ({
      do: "chain",
      table,
      chain,
      rules: null,
      why: why ?? drift(`chain ${chain} of table ${table}`, "empty", "none, as before this stack"),
    }));
}

export function originOf(
  { table, chain }: Place,
  host: Pick<Snapshot, "firewall">,
  context: Pick<Context, "previous">,
): RuleNote["origin"] {
  const found = host.firewall.get(table);
  if (!found || noted(context, "newTables").includes(table) || remembersTable(found)) return "new-table";
  if (!isBuiltIn(chain)) return undefined;
  const caused =
    !found.has(chain) ||
    noted(context, "newChains").includes(chainKey({ table, chain })) ||
    rulesOf(host.firewall, table, chain).some((rule) => noteOf(rule)?.origin === "new-chain");
  return caused ? "new-chain" : undefined;
}

// Each chain is looked through once: chains are never changed, only replaced
const remembering = new WeakMap<object, boolean>();

function remembersTable(table: Table): boolean {
  for (const chain of table.values()) {
    let remembers = remembering.get(chain);
    if (remembers === undefined) {
      remembers = chain.rules.some((rule) => isMarked(rule) && noteOf(rule)?.origin === "new-table");
      remembering.set(chain, remembers);
    }
    if (remembers) return true;
  }
  return false;
}

const noted = ({ previous }: Pick<Context, "previous">, key: keyof Origin): string[] => previous?.[key] ?? [];

/** A place as a key: "nat POSTROUTING", "ip6 nat POSTROUTING". */
export const chainKey = ({ table, chain }: Place): string => `${table} ${chain}`;

export function placeOf(key: string): Place {
  const at = key.lastIndexOf(" ");
  return { table: key.slice(0, at) as TableName, chain: key.slice(at + 1) };
}
