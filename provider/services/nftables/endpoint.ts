import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { Prerequisite, Refusal } from "../../kernel/errors.js";
import type { NatStep } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { goesWith, markDrift, wantedMark } from "../../ownership/mark.js";
import { mustBeOurs } from "../../ownership/refuse.js";
import { serviceReference } from "../chain-name.js";
import { otherFamily } from "../iptables/endpoint-family.js";
import { conditionDrift } from "../iptables/endpoint-note.js";
import { LAYOUT } from "../layout-age.js";
import type { Conditions, EndpointSpec } from "../spec.js";
import type { Half } from "./half.js";
import { byName, type Held, type NatTable } from "./nat-table.js";
import { mustBeFew } from "./slots.js";

interface Named {
  /** "CHAIN/NAME" or "NAME". */
  service: string;
  name: string;
  address: string;
}

/** An Endpoint of a service that is on nftables. */
export function endpointOnNftables<D extends Named>(conditionsOf: (desired: D) => Conditions): Half<D> {
  return {
    plan: (desired, host, context) => {
      const { name, address } = desired;
      return plan(desired, { name, address, mark: context.mark, ...conditionsOf(desired) }, host, context);
    },
    remove: (desired, host, context) => {
      const table = tableOf(desired, host, context);
      return table ? remove(table, desired.name, context, drift("name", desired.name, undefined)) : [];
    },
    marks: (desired, host, context) => {
      const table = tableOf(desired, host, context);
      return table ? holding(table, desired.name).map(([, , { mark }]) => mark) : [];
    },
    exists: (desired, host, context) => {
      const table = tableOf(desired, host, context);
      return table !== undefined && holding(table, desired.name).length > 0;
    },
    /** `natChain`: the NatChain, for when only the state file knows which it was. */
    outputs: (desired, host, context) => ({ natChain: tableOf(desired, host, context)?.name, ...LAYOUT }),
  };
}

/** Is the endpoint's service, or was it, in a NatChain on nftables? */
export const isBehindNftables = (desired: Named, host: Snapshot, context: Context): boolean =>
  tableOf(desired, host, context) !== undefined;

/** Takes the endpoint from the NatChain that it was in, when its service is in another one by now, or on iptables. */
export function leftOnNftables(desired: Named, host: Snapshot, context: Context): NatStep[] {
  const noted = host.natTables.get(String(context.previous?.natChain));
  if (!noted || noted === tableOf(desired, host, context)) return [];
  return remove(noted, desired.name, context, drift("service", noted.name, desired.service));
}

/** The NatChain that a reference means: by its name, or by the one service of that name; or the one that the state file knows. */
function tableOf({ service }: Named, { natTables }: Snapshot, { previous }: Context): NatTable | undefined {
  const { chain, name } = serviceReference(service);
  const noted = previous?.natChain;
  const whole = (table: NatTable | undefined) => (table?.spec ? table : undefined);
  if (chain !== undefined) return whole(natTables.get(chain));
  const candidates = [...natTables.values()].filter((table) => table.services.get(name)?.service);
  if (candidates.length > 1)
    throw new Refusal(
      `service "${name}" could be any of ${candidates.map((table) => `${table.name}/${name}`).join(", ")}: write the chain too, as in "${candidates[0]!.name}/${name}", or pass the ServiceVip`,
    );
  return candidates[0] ?? (typeof noted === "string" ? whole(natTables.get(noted)) : undefined);
}

const holding = (table: NatTable, endpoint: string): [service: string, held: Held, found: EndpointSpec][] =>
  [...(table.holders.get(endpoint) ?? [])].flatMap((service) => {
    const held = table.services.get(service);
    const found = held?.endpoints.find(({ name }) => name === endpoint);
    return held && found ? [[service, held, found] as [string, Held, EndpointSpec]] : [];
  });

function plan(desired: Named, wanted: EndpointSpec, host: Snapshot, context: Context): NatStep[] {
  const table = tableOf(desired, host, context)!;
  const { name: service } = serviceReference(desired.service);
  const what = `endpoint ${desired.name} of ${table.name}`;
  const all = holding(table, desired.name);
  for (const [, , { mark }] of all) mustBeOurs(what, mark, context);
  const held = table.services.get(service);
  const found = held?.endpoints.find(({ name }) => name === desired.name);
  const declared = { ...wanted, mark: wantedMark(found?.mark, context) };
  const wrong = found
    ? changedEndpoint(found, declared)
    : drift("service", `no endpoint ${desired.name}`, desired.service);
  if (!held?.service) {
    // The service alone is missing: it shows that, and takes up the endpoints that are there.
    if (found && !wrong && all.length === 1 && context.previous?.service === desired.service) return [];
    throw new Prerequisite(
      `service ${desired.service} is missing: declare new ServiceVip(…, { name: "${service}", … }) and pass that resource as service, or add it to dependsOn`,
    );
  }
  const message = otherFamily(wanted.address, held.service.address);
  if (message) throw new Refusal(`address ${message}`);
  const endpoints = [...held.endpoints.filter(({ name }) => name !== desired.name), declared].sort(byName);
  mustBeFew(`service ${desired.service}`, endpoints);
  return [
    ...(wrong ? [stepOf(table, service, { ...held, endpoints }, wrong)] : []),
    ...all
      .filter(([other]) => other !== service)
      .map(([other, from]) =>
        without(table, other, from, desired.name, drift("service", `${table.name}/${other}`, desired.service)),
      ),
  ];
}

/** Names each argument that is other than declared; "" when none is. */
export const changedEndpoint = (found: EndpointSpec, declared: EndpointSpec): string =>
  [
    found.address === declared.address ? "" : drift("address", found.address, declared.address),
    conditionDrift(found, declared),
    ...markDrift(found, declared),
  ]
    .filter(Boolean)
    .join("; ");

function remove(table: NatTable, endpoint: string, context: Context, why: string): NatStep[] {
  return (
    holding(table, endpoint)
      // What its service carries by now is no resource of its own any more.
      .filter(([, { service }, { mark }]) => goesWith(mark, context) && !service?.inline)
      .map(([service, held]) => without(table, service, held, endpoint, why))
  );
}

function without(table: NatTable, service: string, held: Held, endpoint: string, why: string): NatStep {
  const endpoints = held.endpoints.filter(({ name }) => name !== endpoint);
  return stepOf(table, service, held.service || endpoints.length > 0 ? { ...held, endpoints } : null, why);
}

const stepOf = (table: NatTable, service: string, held: Held | null, why: string): NatStep => ({
  do: "nat",
  chain: table.name,
  change: { service, held },
  why,
});
