import { FAMILIES, type Family } from "../../kernel/family.js";
import { type Item, parseItem, TABLE } from "./item.js";
import { rulePrint } from "./print.js";
import { chainRules, declaration, hookOf } from "./structure.js";
import { heldItems, type NatTable } from "./table.js";

/**
 * The name of a NatChain's tables. nft takes no name that begins with a digit, and some words for
 * its own.
 */
export const tableName = (chain: string): string => `hostnet-${chain}`;

/**
 * The script for `nft -f` that leads from one state of a NatChain to another: one transaction, and
 * of what is in both nothing. `services` are those that differ, when only services do; else
 * everything is compared. "" when nothing differs.
 */
export function natScript(before: NatTable, after: NatTable, services?: Iterable<string>): string {
  const concerned = services && [...new Set(services)];
  return FAMILIES.flatMap((family) => {
    const [old, now] = [before.items[family], after.items[family]];
    const table = `${family} ${tableName(after.name)}`;
    if (!now.has(TABLE)) return old.has(TABLE) ? [`delete table ${table}\n`] : [];
    const whole = !concerned || !old.has(TABLE);
    const keys = whole
      ? new Set([...old.keys(), ...now.keys()])
      : new Set(concerned.flatMap((name) => [...itemsOf(before, name, family), ...itemsOf(after, name, family)]));
    return changes(old, now, keys, { family, table, after });
  }).join("");
}

function itemsOf(table: NatTable, service: string, family: Family): string[] {
  const held = table.services.get(service);
  return held?.family === family ? [...heldItems(held).keys()] : [];
}

interface Target {
  family: Family;
  /** "ip hostnet-DUSTIN-SERVICES". */
  table: string;
  after: NatTable;
}

/**
 * What is new is declared before what is in it, and what is gone is emptied before it goes. An
 * element is changed by taking it out and putting it in.
 */
function changes(
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  keys: Set<string>,
  target: Target,
): string[] {
  const differing = [...keys].filter((key) => old.get(key) !== now.get(key) || old.has(key) !== now.has(key));
  const items = differing.map((key) => ({ ...parseItem(key), was: old.get(key), is: now.get(key) }));
  const of = (...kinds: Item["kind"][]) => items.filter(({ kind }) => kinds.includes(kind));
  const created = (each: { was?: string; is?: string }) => each.was === undefined && each.is !== undefined;
  const gone = (each: { was?: string; is?: string }) => each.is === undefined;
  const { table, family } = target;
  const chains = of("chain");
  const moved = chains.filter(({ was, is }) => was && is && was.split(" ")[0] !== is.split(" ")[0]);
  const [newChains, changed] = [[...chains.filter(created), ...moved], chains.filter(({ is }) => is !== undefined)];
  return [
    ...(of("table").some(created) ? [`create table ${table}`] : []),
    ...of("set", "map")
      .filter(created)
      .map(({ kind, name }) => `add ${kind} ${table} ${name} { ${declaration(name, family)} }`),
    ...moved.map(({ name }) => `delete chain ${table} ${name}`),
    ...newChains.map(({ name }) => `add chain ${table} ${name}${base(name)}`),
    ...changed.filter((each) => !newChains.includes(each)).map(({ name }) => `flush chain ${table} ${name}`),
    ...inSets(
      "delete",
      table,
      of("element")
        .filter(({ was }) => was !== undefined)
        .map(({ name, key }) => [name, key]),
    ),
    ...inSets(
      "add",
      table,
      of("element")
        .filter((each) => !gone(each))
        .map(({ name, key, is = "" }) => [name, valued(name, key, is)]),
    ),
    ...changed.flatMap(({ name }) => rulesIn(name, target)),
    ...chains.filter(gone).flatMap(({ name }) => [`flush chain ${table} ${name}`]),
    ...chains.filter(gone).map(({ name }) => `delete chain ${table} ${name}`),
    ...of("set", "map")
      .filter(gone)
      .map(({ kind, name }) => `delete ${kind} ${table} ${name}`),
  ].map((line) => `${line}\n`);
}

function base(chain: string): string {
  const hook = hookOf(chain);
  return hook ? ` { type nat hook ${hook.hook} priority ${hook.priority}; policy accept; }` : "";
}

function rulesIn(chain: string, { table, family, after }: Target): string[] {
  return chainRules(chain, after.spec, family).map(
    (rule) => `add rule ${table} ${chain} ${rule} comment "${rulePrint(rule)}"`,
  );
}

const valued = (set: string, key: string, value: string) =>
  set === "notes" ? `${key} comment "${value}"` : value === "" ? key : `${key} : ${value}`;

/** One command a set, however many elements: nft looks a set up once a command. */
function inSets(verb: "add" | "delete", table: string, elements: [set: string, element: string][]): string[] {
  const sets = new Map<string, string[]>();
  for (const [set, element] of elements) {
    const found = sets.get(set);
    if (found) found.push(element);
    else sets.set(set, [element]);
  }
  return [...sets].map(([set, each]) => `${verb} element ${table} ${set} { ${each.join(", ")} }`);
}
