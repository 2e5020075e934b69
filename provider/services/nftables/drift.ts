import { drift } from "../../kernel/drift.js";
import { FAMILIES } from "../../kernel/family.js";
import type { ServiceState } from "../../kernel/service-change.js";
import type { ChainSpec } from "../../kernel/service-spec.js";
import { eligible } from "../eligible.js";
import { policyOf, waysOf } from "../frontends.js";
import { specOf } from "../state.js";
import { element, type Items, parseItem, TABLE } from "./item.js";
import { wayKey } from "./layout.js";
import { noteItems } from "./notes.js";
import { slotsOf } from "./slots.js";
import { heldItems, type NatTable, strangers, wantedInChain } from "./table.js";

/** An item that is other than wanted. */
function itemDrift([item, value]: [string, string], found: string | undefined): string {
  const { kind, name, key } = parseItem(item);
  const what = kind === "element" ? `${name} { ${key} }` : `${kind} ${name}`;
  const shown = (text: string | undefined) => (text === "" ? "present" : text);
  return drift(what, shown(found), shown(value));
}

function firstDrift(wanted: Iterable<[string, string]>, items: Items): string {
  for (const each of wanted) if (items.get(each[0]) !== each[1]) return itemDrift(each, items.get(each[0]));
  return "";
}

/**
 * What of the tables is otherwise that no service wants, when the note says that all is as
 * declared.
 */
export function chainOtherwise(table: NatTable, spec: ChainSpec): string {
  for (const family of FAMILIES) {
    const items = table.items[family];
    if (!items.has(TABLE)) continue;
    const wrong = firstDrift(wantedInChain(spec, family), items);
    if (wrong !== "") return wrong;
    const [stranger] = strangers({ ...table, spec }, family);
    if (stranger === undefined) continue;
    const { kind, name, key } = parseItem(stranger);
    return drift(`${kind} ${name}${key ? ` { ${key} }` : ""}`, items.get(stranger) || "present", undefined);
  }
  return "";
}

const isWhole = (table: NatTable, held: ServiceState) => firstDrift(heldItems(held), table.items[held.family]) === "";

/** What of a service is otherwise; what is of one of its endpoints is said of that one. */
export function serviceOtherwise(table: NatTable, held: ServiceState): string {
  if (isWhole(table, held)) return "";
  const endpoints = new Set(held.endpoints.flatMap(({ name }) => itemsOf(held, name).map(([item]) => item)));
  return firstDrift(
    [...heldItems(held)].filter(([item]) => !endpoints.has(item)),
    table.items[held.family],
  );
}

/** What of one endpoint is otherwise: its share, where it is, or what else it has. */
export function endpointOtherwise(table: NatTable, held: ServiceState, endpoint: string): string {
  if (isWhole(table, held)) return "";
  const items = table.items[held.family];
  const found = held.endpoints.find(({ name }) => name === endpoint);
  const wrong = itemsOf(held, endpoint).find(([item, value]) => items.get(item) !== value);
  if (!found || !wrong) return "";
  const [item, value] = wrong;
  const at = items.get(item);
  if (!parseItem(item).name.endsWith("-endpoints")) return itemDrift(wrong, at);
  const others = held.endpoints.some(({ address }) => at?.startsWith(`${address} . `));
  if (at === undefined || others) {
    const slots = itemsOf(held, endpoint).filter(([each]) => parseItem(each).name.endsWith("-endpoints"));
    const left = slots.filter(([each, is]) => items.get(each) === is).length;
    return drift("weight", `${left} of ${slots.length} shares`, found.weight);
  }
  const [[address, port], [, wanted]] = [at.split(" . "), value.split(" . ")];
  return port === wanted ? drift("address", address, found.address) : itemDrift(wrong, at);
}

/** The items that are there for one endpoint of a service alone. */
function itemsOf(held: ServiceState, endpoint: string): [string, string][] {
  const spec = specOf("", held);
  const found = held.endpoints.find(({ name }) => name === endpoint);
  if (!found) return [];
  const notes = noteItems({ endpoint: found, of: held.name });
  if (!spec) return notes;
  const all = heldItems(held);
  const keep = (item: string): [string, string][] => (all.has(item) ? [[item, all.get(item)!]] : []);
  const elements = waysOf(spec).flatMap((way) => {
    const key = wayKey(way, spec.family);
    const slots = slotsOf(eligible(spec.endpoints, policyOf(way, spec)));
    return [
      ...slots.flatMap((address, slot) => (address === found.address ? keep(slotItem(way, key, slot)) : [])),
      ...keep(element("remote", ...key, found.address)),
    ];
  });
  return [...notes, ...elements, ...keep(element("hairpin", found.address, found.address))];
}

const slotItem = ({ protocol, dport }: { protocol: string; dport: number }, key: (string | number)[], slot: number) =>
  element(`${protocol}-endpoints`, key[0]!, dport, slot);
