import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { belongsTo, wantedMark } from "../../ownership/mark.js";
import { mustBeOurs } from "../../ownership/refuse.js";
import { refusedAs, shownElement } from "../element.js";
import { mustBeAlone } from "../iptables/carried-endpoints.js";
import type { EndpointSpec, ServiceSpec } from "../spec.js";
import { changedEndpoint } from "./endpoint.js";
import { byName, type Held, type NatTable } from "./nat-table.js";

/** The endpoints that a service is to have: those that it carries, or else those that are there as resources of their own. */
export function endpointsFor(spec: ServiceSpec, table: NatTable, context: Context): EndpointSpec[] {
  const { service, endpoints = [] } = table.services.get(spec.name) ?? {};
  if (!spec.inline) return service?.inline ? withoutOurs(endpoints, context) : endpoints;
  const there = new Map(endpoints.map((each) => [each.name, each]));
  const listed = new Set(spec.endpoints.map(({ name }) => name));
  mustBeAlone(
    `${spec.chain}/${spec.name}`,
    endpoints.filter(({ name }) => !listed.has(name)),
    context,
  );
  return spec.endpoints
    .map((declared, at) =>
      refusedAs(shownElement(`endpoints[${at}]`, declared.name), () =>
        kept(declared, there.get(declared.name), table, context),
      ),
    )
    .sort(byName);
}

export const withoutOurs = (endpoints: EndpointSpec[], context: Context): EndpointSpec[] =>
  endpoints.filter(({ mark }) => belongsTo(mark, context) !== "ours");

/** Throws a Refusal when one of that name is not this stack's, in whichever service. */
function kept(
  declared: EndpointSpec,
  found: EndpointSpec | undefined,
  table: NatTable,
  context: Context,
): EndpointSpec {
  for (const service of table.holders.get(declared.name) ?? []) {
    const holder = table.services.get(service)?.endpoints.find(({ name }) => name === declared.name);
    mustBeOurs(`endpoint ${declared.name} of ${table.name}`, holder?.mark, context);
  }
  return { ...declared, mark: wantedMark(found?.mark, context) };
}

/** Names each endpoint that a service carries, with each argument that is other than declared; "" when none is. */
export function carriedDrift(
  { endpoints: listed }: ServiceSpec,
  { endpoints: found }: Held,
  { endpoints }: Held,
): string {
  const there = new Map(found.map((each) => [each.name, each]));
  const wanted = new Map(endpoints.map((each) => [each.name, each]));
  const changed = listed.flatMap(({ name }, at) => {
    const before = there.get(name);
    const why = before ? changedEndpoint(before, wanted.get(name)!) : drift("name", "no endpoint", name);
    return why ? [`${shownElement(`endpoints[${at}]`, name)}: ${why}`] : [];
  });
  const gone = found.filter(({ name }) => !wanted.has(name)).map(({ name }) => drift("endpoints", name, undefined));
  return [...gone, ...changed].join("; ");
}
