import { Refusal } from "../kernel/errors.js";
import type { Family } from "../kernel/family.js";
import type { ServiceState } from "../kernel/service-change.js";
import type { EndpointSpec, ServiceSpec } from "../kernel/service-spec.js";
import type { Firewalls } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { belongsTo, ownerName, wantedMark } from "../ownership/mark.js";
import { serviceReference } from "./chain-name.js";
import { refusedAs, shownElement } from "./element.js";
import { allStates, type Site } from "./site.js";
import { keyOf } from "./state.js";
import { mustBeOurThing } from "./whose.js";

/**
 * The endpoints that a service is to have: those that it carries, or else those that are there as
 * resources of their own.
 */
export function endpointsFor(site: Site, spec: ServiceSpec, context: Context): EndpointSpec[] {
  const { service, endpoints = [] } = site.state.services.get(keyOf(spec)) ?? {};
  if (!spec.inline) return service?.inline ? withoutOurs(endpoints, context) : endpoints;
  const there = new Map(endpoints.map((each) => [each.name, each]));
  const listed = new Set(spec.endpoints.map(({ name }) => name));
  mustBeAlone(
    `${spec.chain}/${spec.name}`,
    endpoints.filter(({ name }) => !listed.has(name)),
    context,
  );
  return spec.endpoints.map((declared, at) =>
    refusedAs(shownElement(`endpoints[${at}]`, declared.name), () => {
      const { backend, kernel, state } = site;
      const endpoint = keyOf({ family: spec.family, name: declared.name });
      mustBeOurThing(backend.whose(kernel, { chain: state.name, endpoint }), context);
      return { ...declared, mark: wantedMark(there.get(declared.name)?.mark, context) };
    }),
  );
}

export const withoutOurs = (endpoints: EndpointSpec[], context: Context): EndpointSpec[] =>
  endpoints.filter(({ mark }) => belongsTo(mark, context) !== "ours");

/**
 * Throws a Refusal when an endpoint of others is there. One of this stack goes with its resource,
 * or comes to be carried.
 */
function mustBeAlone(service: string, unlisted: EndpointSpec[], context: Context): void {
  const other = unlisted.find(({ mark }) => belongsTo(mark, context) !== "ours");
  if (other)
    throw new Refusal(
      "endpoints",
      `service ${service} carries its endpoints (endpoints: […]), and has the Endpoint ${other.name} of ${ownerName(other.mark) || "nobody"} besides: remove that first, or leave out endpoints and declare Endpoints`,
    );
}

/** The services that a reference may mean, "CHAIN/NAME" or "NAME". */
const referredTo = (reference: string, host: Firewalls): ServiceState[] => {
  const { chain, name } = serviceReference(reference);
  return allStates(host, chain).flatMap(({ state }) =>
    (["ip", "ip6"] as const).flatMap((family) => state.services.get(keyOf({ family, name })) ?? []),
  );
};

/** Is the service declared in bulk, by its NatChain, as the host knows it? */
export const isBulk = ({ chain, name }: { chain: string; name: string }, host: Firewalls, family?: Family): boolean =>
  referredTo(`${chain}/${name}`, host).some((each) => each.service?.bulk && (family ?? each.family) === each.family);

/** Throws a Refusal: a ServiceVip of that name is another thing. */
export function mustNotBeBulk(service: { chain: string; name: string }, host: Firewalls): void {
  if (isBulk(service, host))
    throw new Refusal(
      "name",
      `service ${service.chain}/${service.name} is declared in bulk, by its NatChain (services: […]): change it there, or take it out of that list`,
    );
}

/** Throws a Refusal: an endpoint of its own would be taken away again by the service. */
export function mustNotCarry(service: string, endpoint: string, host: Firewalls): void {
  if (referredTo(service, host).some((each) => each.service?.inline))
    throw new Refusal("service", ownAndCarried(service, endpoint));
}

/** Why an Endpoint and a service that carries its endpoints can't both be. */
export const ownAndCarried = (service: string, endpoint: string): string =>
  `${service} carries its endpoints (endpoints: […]), and the Endpoint ${endpoint} is a resource of its own: list it there and remove the Endpoint, or leave out endpoints there`;

/**
 * Under which names services that carry endpoints, and Endpoints, declare themselves to each other.
 */
export const carryingClaim = (service: string): string => `carried endpoints of ${service}`;
export const ownClaim = (service: string): string => `an Endpoint of ${service}`;
