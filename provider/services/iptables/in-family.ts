import type { Context, Definition } from "../../definition.js";
import { FAMILIES } from "../../kernel/family.js";
import { type Firewall, plainName, tableFamily, tableOf } from "../../kernel/iptables/ruleset.js";
import type { Step } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { isFirewall } from "../../kernel/steps/table.js";
import type { Family } from "../spec.js";

/**
 * IPv6 has tables of its own with the same chains in them. Who lays out rules of one family sees a host that has this family's tables only, under their
 * plain names, so that nothing there has to know of two; and what he wants done is done to the tables that they are.
 */
export function planIn(
  family: Family,
  host: Snapshot,
  context: Context,
  plan: (host: Snapshot, context: Context) => Step[],
): Step[] {
  const steps = plan(seenIn(family, host), contextIn(family, context));
  if (family === "ip") return steps;
  return steps.map((step) => (isFirewall(step) ? { ...step, table: tableOf("ip6", plain(step.table)) } : step));
}

/** Such a plan for the tables of each family, to be made in sequence. */
export const plansInEach = (
  context: Context,
  plan: (family: Family, host: Snapshot, context: Context) => Step[],
): ((host: Snapshot) => Step[])[] =>
  FAMILIES.map((family) => (host: Snapshot) => planIn(family, host, context, (seen, as) => plan(family, seen, as)));

export function seenIn(family: Family, host: Snapshot): Snapshot {
  if (family === "ip") return host;
  const otherBackends = host.otherBackends?.map((each) => ({ ...each, firewall: tablesOf(each.firewall) }));
  return { ...host, firewall: tablesOf(host.firewall), otherBackends };
}

const tablesOf = (firewall: Firewall): Firewall =>
  new Map(
    [...firewall].filter(([name]) => tableFamily(name) === "ip6").map(([name, table]) => [plainName(name), table]),
  );

/** What outputs remember of tables ("nat") and built-in chains ("nat POSTROUTING") begins with the table's name. */
const REMEMBERED = ["newTables", "newChains"] as const;

function contextIn(family: Family, context: Context): Context {
  const { previous } = context;
  if (family === "ip" || !previous) return context;
  const remembered = REMEMBERED.map((key) => {
    const all = Array.isArray(previous[key]) ? (previous[key] as string[]) : [];
    return [key, all.filter((each) => tableFamily(each) === "ip6").map(plainName)];
  });
  return { ...context, previous: { ...previous, ...Object.fromEntries(remembered) } };
}

export function outputsIn(
  family: Family,
  host: Snapshot,
  context: Context,
  outputs: (host: Snapshot, context: Context) => Record<string, unknown>,
): Record<string, unknown> {
  const made = outputs(seenIn(family, host), contextIn(family, context));
  if (family === "ip") return made;
  const inIt = ([key, value]: [string, unknown]) =>
    REMEMBERED.some((each) => each === key)
      ? [key, (value as string[]).map((each) => tableOf("ip6", each))]
      : [key, value];
  return Object.fromEntries(Object.entries(made).map((each) => inIt(each)));
}

/** A definition whose things are in the tables of one family, by what is wished. */
export function inItsFamily<D>(definition: Definition<D>, familyOf: (desired: D) => Family): Definition<D> {
  return {
    ...definition,
    plan: (desired, host, context) =>
      planIn(familyOf(desired), host, context, (seen, as) => definition.plan(desired, seen, as)),
    remove: (desired, host, context) =>
      planIn(familyOf(desired), host, context, (seen, as) => definition.remove(desired, seen, as)),
    refuse: (desired, host, context) => definition.refuse?.(desired, seenIn(familyOf(desired), host), context),
    marks: (desired, host, context) =>
      definition.marks(desired, seenIn(familyOf(desired), host), contextIn(familyOf(desired), context)),
    exists: (desired, host, context) =>
      definition.exists(desired, seenIn(familyOf(desired), host), contextIn(familyOf(desired), context)),
    outputs: (desired, host, context) =>
      outputsIn(familyOf(desired), host, context, (seen, as) => definition.outputs(desired, seen, as)),
  };
}

const plain = (table: string) => plainName(table) as "filter" | "nat";
