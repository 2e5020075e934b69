import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { Refusal } from "../../kernel/errors.js";
import { FAMILIES } from "../../kernel/family.js";
import type { NatStep } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { goesWith, markDrift, ownerName, wantedMark } from "../../ownership/mark.js";
import { mustBeOurs } from "../../ownership/refuse.js";
import { LAYOUT } from "../layout-age.js";
import { mustHoldNoNetwork, rangeRemoval, rangeSteps } from "../vip-range.js";
import type { ChainSpec } from "./chain-spec.js";
import type { Half } from "./half.js";
import { parseItem, TABLE } from "./item.js";
import { type NatTable, strangers, wantedInChain } from "./nat-table.js";
import { tableName } from "./script.js";
import { itemDrift } from "./service-vip.js";

interface Named {
  name: string;
  vipRange?: string;
}

/** A NatChain on nftables: `specOf` gives what its arguments say. */
export function chainOnNftables<D extends Named>(specOf: (desired: D, mark: string) => ChainSpec): Half<D> {
  return {
    plan: (desired, host, context) => {
      if (desired.vipRange) mustHoldNoNetwork(desired.vipRange, host);
      return [
        ...chainSteps(specOf(desired, context.mark), host, context),
        ...rangeSteps(desired, host, context, "nftables"),
      ];
    },
    remove: ({ name, vipRange }, host, context) => {
      const { mark } = host.natTables.get(name)?.spec ?? {};
      const isOthers = mark !== undefined && !goesWith(mark, context);
      return [...chainRemoval(name, host, context), ...(vipRange && !isOthers ? rangeRemoval(vipRange, host) : [])];
    },
    marks: ({ name }, { natTables }) => [natTables.get(name)?.spec?.mark ?? []].flat(),
    exists: ({ name }, { natTables }) => natTables.has(name),
    outputs: () => LAYOUT,
  };
}

/** The steps for a NatChain's tables themselves. What is in them of services stays as it is. */
function chainSteps(spec: ChainSpec, host: Snapshot, context: Context): NatStep[] {
  const table = host.natTables.get(spec.name);
  const found = table?.spec;
  if (table && !(found === undefined && context.previous))
    mustBeOurs(`table ${tableName(spec.name)}`, found?.mark, context);
  const wanted = { ...spec, mark: wantedMark(found?.mark, context) };
  const why = !table
    ? drift("name", undefined, spec.name)
    : (found
        ? changedArguments(found, wanted)
        : drift("name", `a table ${tableName(spec.name)} without owner`, spec.name)) || otherwise(table, wanted);
  return why ? [{ do: "nat", chain: spec.name, change: { chain: wanted }, why }] : [];
}

/** Takes a NatChain's tables away. Throws a Refusal while services are in them. */
function chainRemoval(name: string, host: Snapshot, context: Context): NatStep[] {
  const table = host.natTables.get(name);
  if (!table?.spec || !goesWith(table.spec.mark, context)) return [];
  const [inside] = table.services;
  if (inside) {
    const [service, { service: head, endpoints }] = inside;
    const mark = head?.mark ?? endpoints[0]?.mark ?? "";
    throw new Refusal(
      `chain ${name} is still in use, so it stays: the service ${name}/${service} is of ${ownerName(mark)}; remove that first`,
    );
  }
  return [clearStep(name)];
}

/** Takes the tables away with all that is in them. */
export const clearStep = (name: string): NatStep => ({
  do: "nat",
  chain: name,
  change: { chain: null },
  why: drift("name", tableName(name), undefined),
});

/** Names the arguments that are other than declared; "" when none is. */
function changedArguments(found: ChainSpec, declared: ChainSpec): string {
  const [rules, wantedRules] = [found, declared].map(({ rules }) => rules.map(({ text }) => text)) as [
    string[],
    string[],
  ];
  const hooks = (of: ChainSpec) => of.hooks.map((hook) => hook.toUpperCase());
  const wrong = markDrift(found, declared);
  if (String(hooks(found)) !== String(hooks(declared))) wrong.push(drift("hooks", hooks(found), hooks(declared)));
  if (String(found.vipRanges) !== String(declared.vipRanges))
    wrong.push(drift("vipRange", found.vipRanges, declared.vipRanges));
  if (String(rules) !== String(wantedRules)) wrong.push(drift("rules", rules, wantedRules));
  return wrong.join("; ");
}

/** What of the tables is otherwise, when the note says that all is as declared. */
function otherwise(table: NatTable, spec: ChainSpec): string {
  for (const family of FAMILIES) {
    const items = table.items[family];
    if (!items.has(TABLE)) continue;
    const [wrong] = [...wantedInChain(spec, family)].filter(([item, value]) => items.get(item) !== value);
    if (wrong) return itemDrift(wrong, items.get(wrong[0]));
    const [stranger] = strangers({ ...table, spec }, family);
    if (stranger === undefined) continue;
    const { kind, name, key } = parseItem(stranger);
    return drift(`${kind} ${name}${key ? ` { ${key} }` : ""}`, items.get(stranger) || "present", undefined);
  }
  return "";
}
