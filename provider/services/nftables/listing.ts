import type { Family } from "../../kernel/family.js";
import { isObject, textOf } from "../../kernel/nft-value.js";
import { chainItem, element, type Items, mapItem, setItem, TABLE } from "./item.js";
import { readNotes } from "./notes.js";
import { chainPrint } from "./print.js";
import { tableName } from "./script.js";
import { type NatTable, natTable } from "./table.js";

/** What `nft -j` prints of a table, as far as it is read. Values are as in libnftables-json(5). */
export interface ListedObject {
  table?: Named;
  chain?: Named & { type?: string; hook?: string; prio?: number };
  rule?: { family: string; table: string; chain: string; comment?: string };
  set?: Listed;
  map?: Listed;
}

interface Named {
  family: string;
  name: string;
  table?: string;
}

type Listed = Named & { elem?: unknown[] };

const PREFIX = tableName("");

/** The NatChain whose table this is; undefined for tables of others. */
export function chainOfTable(family: string, table: string): string | undefined {
  return (family === "ip" || family === "ip6") && table.startsWith(PREFIX) ? table.slice(PREFIX.length) : undefined;
}

/** The NatChains in a listing. */
export function readNatTables(objects: ListedObject[]): Map<string, NatTable> {
  const found = new Map<string, Partial<Record<Family, Half>>>();
  const half = ({ family, table, name }: { family: string; table?: string; name?: string }): Half | undefined => {
    const chain = chainOfTable(family, table ?? name ?? "");
    if (chain === undefined) return undefined;
    const halves = found.get(chain) ?? {};
    found.set(chain, halves);
    const made = halves[family as Family] ?? { items: new Map([[TABLE, ""]]), chains: new Map(), comments: [] };
    halves[family as Family] = made;
    return made;
  };
  for (const { table, chain, rule, set, map } of objects) {
    if (table) half(table);
    if (chain)
      half(chain)?.chains.set(chain.name, {
        ...(chain.hook && { hook: { hook: chain.hook, priority: chain.prio ?? 0 } }),
        comments: [],
      });
    if (rule) half(rule)?.chains.get(rule.chain)?.comments.push(rule.comment);
    if (set) readSet("set", set, half(set));
    if (map) readSet("map", map, half(map));
  }
  return new Map([...found].map(([chain, halves]) => [chain, natTableOf(chain, halves)]));
}

interface Half {
  items: Items;
  chains: Map<string, { hook?: { hook: string; priority: number }; comments: (string | undefined)[] }>;
  /** Of the elements of the set `notes`. */
  comments: [address: string, text: string][];
}

function natTableOf(name: string, halves: Partial<Record<Family, Half>>): NatTable {
  for (const { items, chains } of Object.values(halves))
    for (const [chain, { hook, comments }] of chains) items.set(chainItem(chain), chainPrint(hook, comments));
  const notes = Object.values(halves).flatMap(({ comments }) => readNotes(comments));
  return natTable(name, { ip: halves.ip?.items, ip6: halves.ip6?.items }, notes);
}

function readSet(kind: "set" | "map", { name, elem = [] }: Listed, half: Half | undefined): void {
  if (!half) return;
  half.items.set(kind === "set" ? setItem(name) : mapItem(name), "");
  // What it holds comes and goes with connections.
  if (name.startsWith("affinity")) return;
  for (const each of elem) {
    const { key, value, comment } = entryOf(kind, each);
    if (name === "notes") half.comments.push([key, comment]);
    half.items.set(element(name, key), name === "notes" ? comment : value);
  }
}

/** An element of a set, or one of a map with its value. A comment is inside the key. */
function entryOf(kind: "set" | "map", each: unknown): { key: string; value: string; comment: string } {
  const [key, value] = kind === "map" && Array.isArray(each) ? each : [each, undefined];
  const { val = key, comment = "" } = (isObject(key) && isObject(key.elem) ? key.elem : {}) as {
    val?: unknown;
    comment?: string;
  };
  return { key: textOf(val), value: value === undefined ? "" : textOf(value), comment };
}
