import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { Refusal } from "../../kernel/errors.js";
import { familyOf, single } from "../../kernel/family.js";
import type { Step } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { goesWith, markDrift, wantedMark } from "../../ownership/mark.js";
import { mustBeOurs } from "../../ownership/refuse.js";
import { ALONE, SEPARATE } from "../iptables/service-drift.js";
import { mustBeFree } from "../iptables/service-owner.js";
import { serviceRouteSteps, vipRouteRemoval } from "../routes.js";
import { isServed } from "../served.js";
import type { ServiceSpec } from "../spec.js";
import { carriedDrift, endpointsFor, withoutOurs } from "./carried-endpoints.js";
import type { Half } from "./half.js";
import { parseItem } from "./item.js";
import { type Held, heldItems, type NatTable, type ServiceHead } from "./nat-table.js";
import { mustBeFew } from "./slots.js";

interface Named {
  chain: string;
  name: string;
}

/** A ServiceVip in a NatChain on nftables: `specOf` gives what its arguments say. */
export function serviceOnNftables<D extends Named>(
  specOf: (desired: D, mark: string) => ServiceSpec,
  outputs: (desired: D) => Record<string, unknown>,
): Half<D> {
  return {
    plan: (desired, host, context) => plan(specOf(desired, context.mark), host, context),
    remove: (desired, host, context) => remove(specOf(desired, context.mark), host, context),
    marks: ({ chain, name }, { natTables }) => [natTables.get(chain)?.services.get(name)?.service?.mark ?? []].flat(),
    exists: ({ chain, name }, { natTables }) => natTables.get(chain)?.services.get(name)?.service !== undefined,
    outputs,
  };
}

/** Is the NatChain on nftables? A chain that is moved there is whole there before it goes from iptables. */
export const isOnNftables = ({ chain }: { chain: string }, { natTables }: Snapshot): boolean =>
  natTables.get(chain)?.spec !== undefined;

function plan(spec: ServiceSpec, host: Snapshot, context: Context): Step[] {
  const { chain, name, family } = spec;
  const table = host.natTables.get(chain)!;
  const before = table.services.get(name);
  const found = before?.service;
  if (found) mustBeOurs(`service ${chain}/${name}`, found.mark, context);
  const endpoints = endpointsFor(spec, table, context);
  const stranger = endpoints.find(({ address }) => familyOf(address) !== family);
  if (stranger)
    throw new Refusal(
      `service ${chain}/${name} has the endpoint ${stranger.name} at ${stranger.address}, and ${spec.address} is of the other family: an endpoint's address is of its service's family`,
    );
  const held: Held = { family, service: headOf({ ...spec, mark: wantedMark(found?.mark, context) }), endpoints };
  mustBeFew(`service ${chain}/${name}`, endpoints);
  const wanted = heldItems(name, held);
  mustBeFree(spec, host);
  mustBeUntouched(table, wanted, before ? heldItems(name, before) : new Map(), spec, context);

  const argument = found
    ? [changedArguments(found, held.service!), before && spec.inline ? carriedDrift(spec, before, held) : ""]
        .filter(Boolean)
        .join("; ")
    : drift("name", `no service in ${chain}`, name);
  const [missing] = [...wanted].filter(([item, value]) => table.items[family].get(item) !== value);
  const why = argument || (missing && itemDrift(missing, table.items[family].get(missing[0])));
  const addresses = [spec.address, ...spec.externalIPs];
  const former = formerAddresses(found, context).filter((each) => !addresses.includes(each));
  return [
    ...(why ? [{ do: "nat", chain, change: { service: name, held }, why } as const] : []),
    ...routeRemovals(former, spec, host),
    ...serviceRouteSteps(spec, host, "nftables"),
  ];
}

/** Where it answered before, by its note or by the state file. */
function formerAddresses(found: ServiceHead | undefined, { previous = {} }: Context): string[] {
  const noted = Array.isArray(previous.externalIPs) ? previous.externalIPs : [];
  const all: unknown[] = [found?.address, ...(found?.externalIPs ?? []), previous.address, ...noted];
  return all.filter((each) => typeof each === "string");
}

/** What is noted of a service: the same for the same thing, in whatever order and under whatever names of ports it is written down. */
function headOf({ endpoints: _, chain: __, family: ___, ...service }: ServiceSpec): ServiceHead {
  const ports = service.ports.map(({ name: _, ...port }) => port);
  return {
    ...service,
    ports: ports.sort((a, b) => (a.protocol === b.protocol ? a.port - b.port : a.protocol < b.protocol ? -1 : 1)),
    externalIPs: service.externalIPs.toSorted(),
    loadBalancerSourceRanges: service.loadBalancerSourceRanges.toSorted(),
  };
}

const DECLARED = [
  "address",
  "affinitySeconds",
  "externalIPs",
  "loadBalancerSourceRanges",
  "externalTrafficPolicy",
  "internalTrafficPolicy",
] as const;

const ARGUMENTS: Partial<Record<string, string>> = { affinitySeconds: "sessionAffinityTimeoutSeconds" };

/** Names the arguments that are other than declared; "" when none is. */
function changedArguments(found: ServiceHead, declared: ServiceHead): string {
  const wrong = DECLARED.filter((key) => String(found[key]) !== String(declared[key])).map((key) =>
    drift(ARGUMENTS[key] ?? key, found[key], declared[key]),
  );
  wrong.push(...markDrift(found, declared));
  if (found.inline !== declared.inline) {
    const [is, wanted] = [found, declared].map(({ inline }) => (inline ? "inline" : SEPARATE));
    wrong.push(drift("endpoints", is, wanted));
  }
  if (found.bulk !== declared.bulk) {
    const [is, wanted] = [found, declared].map(({ bulk }) => (bulk ? "bulk" : ALONE));
    wrong.push(drift("services", is, wanted));
  }
  const shown = ({ ports }: ServiceHead) => ports.map(shownPort);
  if (String(shown(found)) !== String(shown(declared))) wrong.push(drift("ports", shown(found), shown(declared)));
  return wrong.join("; ");
}

function shownPort({ port, protocol, targetPort, nodePort }: ServiceHead["ports"][number]): string {
  const node = nodePort === undefined ? "" : `, node port ${nodePort}`;
  return `${port} → ${targetPort} (${protocol}${node})`;
}

/** What of the table is otherwise, when the notes say that all is as declared. */
export function itemDrift([item, value]: [string, string], found: string | undefined): string {
  const { kind, name, key } = parseItem(item);
  const what = kind === "element" ? `${name} { ${key} }` : `${kind} ${name}`;
  const shown = (text: string | undefined) => (text === "" ? "present" : text);
  return drift(what, shown(found), shown(value));
}

/** Throws a Refusal when somebody has put an element by hand where one of ours would be. */
function mustBeUntouched(
  table: NatTable,
  wanted: Map<string, string>,
  own: Map<string, string>,
  { family }: ServiceSpec,
  context: Context,
): void {
  if (context.previous) return;
  const byHand = [...wanted.keys()].find(
    (item) => item.startsWith("element services ") && !own.has(item) && table.items[family].has(item),
  );
  if (byHand) mustBeOurs(`element { ${parseItem(byHand).key} } of map services`, undefined, context);
}

function remove(spec: ServiceSpec, host: Snapshot, context: Context): Step[] {
  const { chain, name } = spec;
  const held = host.natTables.get(chain)?.services.get(name);
  const found = held?.service;
  const ours = found && goesWith(found.mark, context);
  // Endpoints that are still there go with their own resources; those that it carries go with it.
  const endpoints = found?.inline ? withoutOurs(held!.endpoints, context) : (held?.endpoints ?? []);
  const rest = held && endpoints.length > 0 ? { family: held.family, endpoints } : null;
  const addresses = [spec.address, ...spec.externalIPs, ...(ours ? [found.address, ...found.externalIPs] : [])];
  return [
    ...(ours
      ? [{ do: "nat", chain, change: { service: name, held: rest }, why: drift("name", name, undefined) } as const]
      : []),
    ...(found && !ours ? [] : routeRemovals(addresses, spec, host)),
  ];
}

/** The route to an address stays as long as another service, whichever stack's, is there. */
function routeRemovals(addresses: string[], own: Named, host: Snapshot): Step[] {
  return [...new Set(addresses)]
    .filter((address) => !isServed(address, host, own))
    .flatMap((address) => vipRouteRemoval(single(address), host));
}
