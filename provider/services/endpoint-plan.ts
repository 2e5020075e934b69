import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { familyOf } from "../kernel/family.js";
import type { NatStep } from "../kernel/plan.js";
import type { ServiceState } from "../kernel/service-change.js";
import type { Conditions, EndpointSpec } from "../kernel/service-spec.js";
import type { Firewalls } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { belongsTo, wantedMark } from "../ownership/mark.js";
import { backends } from "./backends.js";
import { endpointChainName, prefixOf, serviceReference, tooLong } from "./chain-name.js";
import { endpointDrift } from "./drift.js";
import { refusedOf } from "./element.js";
import { otherFamily } from "./endpoint-family.js";
import { findSite } from "./find-service.js";
import { missingService } from "./missing.js";
import type { PlaceNotes } from "./notes.js";
import type { EndpointState } from "./own-endpoint-args.js";
import { actingFor, natStep, type Site, siteOn } from "./site.js";
import { holdersOf, keyOf } from "./state.js";
import { marksOf, mayTake, mustBeOurThing } from "./whose.js";

/** An Endpoint as it is declared, with all of its conditions. */
export interface DeclaredEndpoint {
  /** "CHAIN/NAME" or "NAME". */
  service: string;
  endpoint: { name: string; address: string } & Conditions;
}

const keysOf = ({ service, endpoint: { name, address } }: DeclaredEndpoint) => {
  const family = familyOf(address);
  return {
    family,
    service: keyOf({ family, name: serviceReference(service).name }),
    endpoint: keyOf({ family, name }),
  };
};

/** Puts an endpoint into its service, and takes it from where it was before. */
export function planEndpoint(declared: DeclaredEndpoint, host: Firewalls, context: Context<EndpointState>): NatStep[] {
  const site = findSite(declared.service, host, context);
  const { backend, kernel, state } = site;
  const { service: key, endpoint } = keysOf(declared);
  const held = state.services.get(key);
  const holders = holdersOf(state, endpoint);
  mustBeOurThing(backend.whose(kernel, { chain: state.name, endpoint }), context);
  const found = holders.find((each) => each.key === key)?.found;
  const wanted = { ...declared.endpoint, mark: wantedMark(found?.mark, context) };
  const said = found ? endpointDrift(found, wanted) : notThere(declared, site, holders.length > 0);
  if (!held?.service) {
    mustBeOfItsFamily(declared, site);
    // The service alone is missing: it shows that, and takes up the endpoints that are there.
    const alone = found && !said && holders.length === 1;
    if (alone && context.previous?.service === declared.service) return [];
    throw missingService(declared.service);
  }
  const after = { ...held, endpoints: [...held.endpoints.filter(({ name }) => name !== wanted.name), wanted] };
  mustFit(site, after, wanted, context);
  const why = said || backend.otherwise(kernel, state.name, { service: after, endpoint: wanted.name });
  return [
    ...(why ? [natStep(site, { service: key, state: after }, context, why)] : []),
    ...holders
      // What no service had is in this one then.
      .filter((each) => each.key !== key && each.held.name !== "")
      .map((each) =>
        without(site, each, context, drift("service", `${state.name}/${each.held.name}`, declared.service)),
      ),
    ...formerSteps(declared, site, host, context),
  ];
}

/** What an Endpoint has for the arguments of its service. */
const OWN_ARGUMENTS = { chain: "service", name: "service", endpoints: "weight" };

/** Throws a Refusal or a Prerequisite where an endpoint has no place in its service. */
function mustFit({ backend, kernel, state }: Site, held: ServiceState, { name }: EndpointSpec, context: Context): void {
  const message = tooLong(endpointChainName(prefixOf(state.name), name), name);
  if (message) throw new Refusal("name", `"${name}" in ${state.name} ${message}`);
  refusedOf(OWN_ARGUMENTS, () => backend.mustFit(kernel, state.name, held, context));
}

function notThere(declared: DeclaredEndpoint, { backend, kernel, state }: Site, elsewhere: boolean): string {
  const { service, endpoint } = declared;
  const { name } = endpoint;
  const chain = state.name;
  return elsewhere
    ? drift(
        "service",
        backend.missing(kernel, { chain, service: keysOf(declared).service, endpoint: keysOf(declared).endpoint }),
        service,
      )
    : drift("name", backend.missing(kernel, { chain, endpoint: keysOf(declared).endpoint }), name);
}

/**
 * Throws a Refusal where the service is one of the other family, so that it isn't looked for in
 * vain.
 */
function mustBeOfItsFamily({ service, endpoint: { address } }: DeclaredEndpoint, { state }: Site): void {
  const { name } = serviceReference(service);
  const family = familyOf(address) === "ip" ? "ip6" : "ip";
  const message = otherFamily(address, state.services.get(keyOf({ family, name }))?.service?.address);
  if (message) throw new Refusal("address", message);
}

/** A service without one of its endpoints. */
function without(
  site: Site,
  { key, held, found }: ReturnType<typeof holdersOf>[number],
  context: Context,
  why: string,
) {
  const endpoints = held.endpoints.filter((each) => each !== found);
  const rest = held.service || endpoints.length > 0 ? { ...held, endpoints } : null;
  return natStep(site, { service: key, state: rest }, context, why);
}

/**
 * What a service that has become another, in another NatChain or on another backend, has still of
 * this endpoint.
 */
function formerSteps(
  declared: DeclaredEndpoint,
  now: Site,
  host: Firewalls,
  context: Context<EndpointState>,
): NatStep[] {
  const { endpoint } = keysOf(declared);
  return notedSites(host, context)
    .filter(({ backend, state }) => backend !== now.backend || state.name !== now.state.name)
    .flatMap((site) => takeFrom(site, endpoint, context, drift("service", site.state.name, declared.service)));
}

/** The NatChains that it was in by the state file. */
function notedSites(host: Firewalls, { previous = {} }: Context<PlaceNotes>): Site[] {
  return backends.flatMap((backend) =>
    backend.notedChains(previous).flatMap((chain) => {
      const site = siteOn(backend, chain, host);
      return backend.state(site.kernel, chain) ? [site] : [];
    }),
  );
}

function takeFrom(site: Site, endpoint: string, context: Context, why: string): NatStep[] {
  const { backend, kernel, state } = site;
  if (!mayTake(backend.whose(kernel, { chain: state.name, endpoint }), context)) return [];
  return (
    holdersOf(state, endpoint)
      // What its service carries is no resource of its own any more.
      .filter(({ held }) => !held.service?.inline)
      .map((each) => without(site, each, context, why))
  );
}

/** Takes an endpoint away, wherever it is. */
export function removeEndpoint(
  declared: DeclaredEndpoint,
  host: Firewalls,
  context: Context<EndpointState>,
): NatStep[] {
  const { endpoint, service } = keysOf(declared);
  const sites = sitesOf(declared, host, context);
  const why = drift("name", declared.endpoint.name, undefined);
  const steps = sites.flatMap((site) => takeFrom(site, endpoint, context, why));
  const { memory } = actingFor(context);
  if (steps.length > 0 || !memory) return steps;
  // The rules have been flushed, and tables that came with them may be left.
  return sites
    .filter(({ backend, kernel, state }) => backend.remains(kernel, memory) && !state.holders.has(endpoint))
    .map((site) => natStep(site, { service, state: site.state.services.get(service) ?? null }, context, why));
}

/**
 * Where an endpoint is or may be: in the NatChain of its service, and in those that the state file
 * knows.
 */
export function sitesOf({ service }: DeclaredEndpoint, host: Firewalls, context: Context<EndpointState>): Site[] {
  const { chain, name } = serviceReference(service);
  const named = backends.flatMap((backend) => {
    const kernel = backend.of(host);
    const chains = chain === undefined ? [...backend.names(kernel)] : [chain];
    return chains
      .map((each) => siteOn(backend, each, host))
      .filter(({ state }) => chain !== undefined || state.services.has(name) || state.services.has(`ip6 ${name}`));
  });
  const noted = notedSites(host, context).filter(
    (site) => !named.some((each) => each.backend === site.backend && each.state.name === site.state.name),
  );
  return [...named, ...noted];
}

/**
 * An endpoint of this stack as it is found, in its own service or in another one. One that a
 * service carries is no resource of its own.
 */
export function foundEndpoint(
  declared: DeclaredEndpoint,
  host: Firewalls,
  context: Context<EndpointState>,
): { endpoint: EndpointSpec; service: string } | undefined {
  const { endpoint, service } = keysOf(declared);
  for (const { state } of sitesOf(declared, host, context)) {
    const holders = holdersOf(state, endpoint).filter(
      ({ held, found }) =>
        held.name !== "" && !held.service?.inline && belongsTo(found.mark, context) === "ours" && found.address !== "",
    );
    const own = holders.find(({ key }) => key === service);
    if (own) return { endpoint: own.found, service: declared.service };
    if (holders[0]) return { endpoint: holders[0].found, service: `${state.name}/${holders[0].held.name}` };
  }
  return undefined;
}

/** The marks on an endpoint, wherever it is. */
export function marksOfEndpoint(
  declared: DeclaredEndpoint,
  host: Firewalls,
  context: Context<EndpointState>,
): string[] {
  const { endpoint } = keysOf(declared);
  return sitesOf(declared, host, context).flatMap(({ backend, kernel, state }) =>
    marksOf(backend.whose(kernel, { chain: state.name, endpoint })),
  );
}
