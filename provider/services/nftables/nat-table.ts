import { FAMILIES, familyOf } from "../../kernel/family.js";
import type { EndpointSpec, Family, ServiceSpec } from "../spec.js";
import type { ChainSpec } from "./chain-spec.js";
import { type Items, TABLE } from "./item.js";
import { serviceItems } from "./layout.js";
import { type Note, noteItems } from "./notes.js";
import { baseItems } from "./structure.js";

/** What is declared of a service itself. */
export type ServiceHead = Omit<ServiceSpec, "endpoints" | "chain" | "family">;

/** A service as it is kept: endpoints can be there before and after the service, and do nothing then. */
export interface Held {
  family: Family;
  service?: ServiceHead;
  /** By name. */
  endpoints: EndpointSpec[];
}

/** A change of one NatChain: of the chain itself, or of one service; `null` takes it away. */
export type NatChange = { chain: ChainSpec | null } | { service: string; held: Held | null };

/** A NatChain on nftables: its tables as they are, item by item, and by their notes what they are for. */
export interface NatTable {
  name: string;
  spec?: ChainSpec;
  services: Map<string, Held>;
  /** Address → how many services answer at it. */
  addresses: Map<string, number>;
  /** Name of an endpoint → the services that have one of that name. */
  holders: Map<string, ReadonlySet<string>>;
  /** Nothing at all where there is no such table. */
  items: Record<Family, Items>;
  /** How many want an item to be there: services share addresses, and the chains that their elements lead to. */
  uses: Record<Family, Map<string, number>>;
}

/** A NatChain as it was found. */
export function natTable(name: string, items: Partial<Record<Family, Items>> = {}, notes: Note[] = []): NatTable {
  const table: NatTable = {
    name,
    services: new Map(),
    addresses: new Map(),
    holders: new Map(),
    items: { ip: items.ip ?? new Map(), ip6: items.ip6 ?? new Map() },
    uses: { ip: new Map(), ip6: new Map() },
  };
  for (const note of notes) {
    if ("chain" in note) table.spec = note.chain;
    else if ("service" in note) heldIn(table, note.service.name, note.service.address).service = note.service;
    else heldIn(table, note.of, note.endpoint.address).endpoints.push(note.endpoint);
  }
  for (const [service, held] of table.services) {
    held.endpoints.sort(byName);
    hold(table, service, undefined, held);
  }
  for (const each of wantedBy(table.spec)) count(table, each.family, each.items, 1);
  for (const [service, held] of table.services) count(table, held.family, heldItems(service, held), 1);
  return table;
}

function heldIn(table: NatTable, name: string, address: string): Held {
  const held: Held = table.services.get(name) ?? { family: familyOf(address), endpoints: [] };
  table.services.set(name, held);
  return held;
}

export function copyNatTable(table: NatTable): NatTable {
  const both = <T>(of: Record<Family, Map<string, T>>) => ({ ip: new Map(of.ip), ip6: new Map(of.ip6) });
  const { services, addresses, holders, items, uses } = table;
  return {
    ...table,
    services: new Map(services),
    addresses: new Map(addresses),
    holders: new Map(holders),
    items: both(items),
    uses: both(uses),
  };
}

export const isThere = (table: NatTable): boolean => FAMILIES.some((family) => table.items[family].has(TABLE));

/** Makes a change in place. Whatever else was wrong with what it concerns is right then. */
export function changeNatTable(table: NatTable, change: NatChange): void {
  if ("service" in change) changeService(table, change.service, change.held);
  else changeChain(table, change.chain);
}

function changeService(table: NatTable, name: string, held: Held | null): void {
  const before = table.services.get(name);
  if (held) {
    table.services.set(name, held);
    put(table, held.family, heldItems(name, held));
  } else table.services.delete(name);
  if (before) take(table, before.family, heldItems(name, before));
  hold(table, name, before, held);
}

/** A set of holders is shared by copies of a table: it is replaced, never changed. */
function hold({ holders, addresses }: NatTable, service: string, before: Held | undefined, after: Held | null): void {
  for (const address of addressesOf(before)) add(addresses, address, -1);
  for (const address of addressesOf(after)) add(addresses, address, 1);
  for (const { name } of before?.endpoints ?? []) {
    const left = new Set(holders.get(name));
    left.delete(service);
    if (left.size > 0) holders.set(name, left);
    else holders.delete(name);
  }
  for (const { name } of after?.endpoints ?? []) holders.set(name, new Set(holders.get(name)).add(service));
}

function changeChain(table: NatTable, spec: ChainSpec | null): void {
  if (!spec) {
    Object.assign(table, natTable(table.name));
    return;
  }
  const before = wantedBy(table.spec);
  table.spec = spec;
  for (const { family, items } of wantedBy(spec)) put(table, family, items);
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

/** What a chain wants besides the base items of its tables. IPv6 has a table only as long as something is in it. */
function wantedBy(spec: ChainSpec | undefined): { family: Family; items: Items }[] {
  if (!spec) return [];
  const six =
    spec.vipRanges.some((range) => familyOf(range) === "ip6") || spec.rules.some(({ family }) => family === "ip6");
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

/** A service as both backends see it; undefined where only endpoints are left. */
export const specOfHeld = (chain: string, { family, service, endpoints }: Held): ServiceSpec | undefined =>
  service && { ...service, chain, family, endpoints };

/** All that a service wants to be there. */
export function heldItems(name: string, held: Held): Items {
  const { service, endpoints } = held;
  const spec = specOfHeld("", held);
  const items = spec ? serviceItems(spec) : new Map([[TABLE, ""]]);
  if (service) for (const [item, text] of noteItems({ service })) items.set(item, text);
  for (const endpoint of endpoints) for (const [item, text] of noteItems({ endpoint, of: name })) items.set(item, text);
  return items;
}

function put(table: NatTable, family: Family, wanted: Items): void {
  const { [family]: items } = table.items;
  count(table, family, wanted, 1);
  if (!items.has(TABLE) && table.spec)
    for (const [item, value] of baseItems(table.spec, family)) items.set(item, value);
  for (const [item, value] of wanted) items.set(item, value);
}

function take(table: NatTable, family: Family, wanted: Items): void {
  const { [family]: items } = table.items;
  count(table, family, wanted, -1);
  for (const item of wanted.keys()) if (!table.uses[family].has(item)) items.delete(item);
  if (!items.has(TABLE)) items.clear();
}

function count(table: NatTable, family: Family, wanted: Items, by: 1 | -1): void {
  for (const item of wanted.keys()) add(table.uses[family], item, by);
}

function add(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + by;
  if (now > 0) counts.set(key, now);
  else counts.delete(key);
}

const addressesOf = (held: Held | null | undefined): string[] =>
  held?.service ? [held.service.address, ...held.service.externalIPs] : [];

export const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
