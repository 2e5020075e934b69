import { FAMILIES, type Family, familyOf } from "../../kernel/family.js";
import type { ServiceChange, ServiceHead, ServiceState } from "../../kernel/service-change.js";
import type { ChainSpec, PortSpec } from "../../kernel/service-spec.js";
import { type ChainState, changeState, copyState, count, emptyState, keyOf, setService, specOf } from "../state.js";
import { type Items, TABLE } from "./item.js";
import { serviceItems } from "./layout.js";
import { type Note, noteItems } from "./notes.js";
import { baseItems, HOOKS } from "./structure.js";

/**
 * A NatChain on nftables: its tables as they are, item by item, and by their notes what they are
 * for.
 */
export interface NatTable extends ChainState {
  /** Nothing at all where there is no such table. */
  items: Record<Family, Items>;
  /**
   * How many want an item to be there: services share addresses, and the chains that their elements
   * lead to.
   */
  uses: Record<Family, Map<string, number>>;
}

/** NatChains on nftables, by name. */
export type NatTables = Map<string, NatTable>;

/** A NatChain as it was found. */
export function natTable(name: string, items: Partial<Record<Family, Items>> = {}, notes: Note[] = []): NatTable {
  const table: NatTable = {
    ...emptyState(name),
    items: { ip: items.ip ?? new Map(), ip6: items.ip6 ?? new Map() },
    uses: { ip: new Map(), ip6: new Map() },
  };
  const found = new Map<string, ServiceState>();
  const heldIn = (name: string, address: string): ServiceState => {
    const family = familyOf(address);
    const key = keyOf({ family, name });
    const held = found.get(key) ?? { name, family, endpoints: [] };
    found.set(key, held);
    return held;
  };
  for (const note of notes) {
    if ("chain" in note) table.spec = note.chain;
    else if ("service" in note) heldIn(note.service.name, note.service.address).service = note.service;
    else heldIn(note.of, note.endpoint.address).endpoints.push(note.endpoint);
  }
  for (const [key, held] of found) setService(table, key, normal(held));
  for (const each of wantedBy(table.spec)) countItems(table, each.family, each.items, 1);
  for (const held of table.services.values()) countItems(table, held.family, heldItems(held), 1);
  return table;
}

const byPort = (a: PortSpec, b: PortSpec) =>
  a.protocol === b.protocol ? a.port - b.port : a.protocol < b.protocol ? -1 : 1;
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byName = (a: { name: string }, b: { name: string }) => byText(a.name, b.name);

const isSorted = <T>(list: T[], order: (a: T, b: T) => number) =>
  list.every((each, at) => at === 0 || order(list[at - 1]!, each) <= 0);

/** The same for the same thing, in whatever order it is written down. */
export function normal(held: ServiceState): ServiceState {
  const { service: head, endpoints } = held;
  const lists = head ? [head.externalIPs, head.loadBalancerSourceRanges] : [];
  const inOrder = isSorted(head?.ports ?? [], byPort) && lists.every((list) => isSorted(list, byText));
  if (inOrder && isSorted(endpoints, byName)) return held;
  const service: ServiceHead | undefined = held.service && {
    ...held.service,
    ports: held.service.ports.toSorted(byPort),
    externalIPs: held.service.externalIPs.toSorted(),
    loadBalancerSourceRanges: held.service.loadBalancerSourceRanges.toSorted(),
  };
  return { ...held, ...(service && { service }), endpoints: held.endpoints.toSorted(byName) };
}

export function copyNatTable(table: NatTable): NatTable {
  const both = <T>(of: Record<Family, Map<string, T>>) => ({ ip: new Map(of.ip), ip6: new Map(of.ip6) });
  return { ...copyState(table), items: both(table.items), uses: both(table.uses) };
}

export const isThere = (table: NatTable): boolean => FAMILIES.some((family) => table.items[family].has(TABLE));

/** Makes a change in place. Whatever else was wrong with what it concerns is right then. */
export function changeNatTable(table: NatTable, change: ServiceChange): void {
  if ("service" in change) changeService(table, change.service, change.state && normal(change.state));
  else changeChain(table, change.chain);
}

function changeService(table: NatTable, key: string, held: ServiceState | null): void {
  const before = table.services.get(key);
  setService(table, key, held);
  if (held) put(table, held.family, heldItems(held));
  if (before) take(table, before.family, heldItems(before));
}

function changeChain(table: NatTable, spec: ChainSpec | null): void {
  if (!spec) {
    Object.assign(table, natTable(table.name));
    return;
  }
  const before = wantedBy(table.spec);
  changeState(table, { chain: { ...spec, hooks: HOOKS.filter((hook) => spec.hooks.includes(hook)) } });
  for (const { family, items } of wantedBy(table.spec)) put(table, family, items);
  for (const { family, items } of before) take(table, family, items);
  for (const family of FAMILIES) {
    if (!table.items[family].has(TABLE)) continue;
    for (const item of strangers(table, family)) table.items[family].delete(item);
    for (const [item, value] of baseItems(spec, family)) table.items[family].set(item, value);
  }
}

/** Items that neither the chain nor any service wants: somebody else put them there. */
export function strangers(table: NatTable, family: Family): string[] {
  const base = table.spec ? baseItems(table.spec, family) : new Map();
  return [...table.items[family].keys()].filter((item) => !table.uses[family].has(item) && !base.has(item));
}

/**
 * What a chain wants besides the base items of its tables. IPv6 has a table only as long as
 * something is in it.
 */
function wantedBy(spec: ChainSpec | undefined): { family: Family; items: Items }[] {
  if (!spec) return [];
  const six = [...spec.vipRanges, ...spec.rules.map(({ destination }) => destination)].some(
    (each) => familyOf(each) === "ip6",
  );
  return [
    { family: "ip", items: new Map([[TABLE, ""], ...noteItems({ chain: spec })]) },
    ...(six ? [{ family: "ip6" as const, items: new Map([[TABLE, ""]]) }] : []),
  ];
}

/** All that a chain wants to be in one of its tables, where that is there. */
export function wantedInChain(spec: ChainSpec, family: Family): Items {
  const own = wantedBy(spec).filter((each) => each.family === family);
  return new Map([...own.flatMap(({ items }) => [...items]), ...baseItems(spec, family)]);
}

// Neither a state of a service nor what it wants is ever changed
const known = new WeakMap<ServiceState, Items>();

/** All that a service wants to be there. */
export function heldItems(held: ServiceState): ReadonlyMap<string, string> {
  const items = known.get(held) ?? itemsOf(held);
  known.set(held, items);
  return items;
}

function itemsOf(held: ServiceState): Items {
  const { name, service, endpoints } = held;
  const spec = specOf("", held);
  const items = spec ? serviceItems(spec) : new Map([[TABLE, ""]]);
  if (service) for (const [item, text] of noteItems({ service })) items.set(item, text);
  for (const endpoint of endpoints) for (const [item, text] of noteItems({ endpoint, of: name })) items.set(item, text);
  return items;
}

function put(table: NatTable, family: Family, wanted: ReadonlyMap<string, string>): void {
  const { [family]: items } = table.items;
  countItems(table, family, wanted, 1);
  if (!items.has(TABLE) && table.spec)
    for (const [item, value] of baseItems(table.spec, family)) items.set(item, value);
  for (const [item, value] of wanted) items.set(item, value);
}

function take(table: NatTable, family: Family, wanted: ReadonlyMap<string, string>): void {
  const { [family]: items } = table.items;
  countItems(table, family, wanted, -1);
  for (const item of wanted.keys()) if (!table.uses[family].has(item)) items.delete(item);
  if (!items.has(TABLE)) items.clear();
}

function countItems(table: NatTable, family: Family, wanted: ReadonlyMap<string, string>, by: 1 | -1): void {
  for (const item of wanted.keys()) count(table.uses[family], item, by);
}
