import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { familyOf } from "../kernel/family.js";
import type { NatStep } from "../kernel/plan.js";
import type { ServiceState } from "../kernel/service-change.js";
import type { ServiceSpec } from "../kernel/service-spec.js";
import type { Context, Noted } from "../ownership/context.js";
import { wantedMark } from "../ownership/mark.js";
import { endpointsFor, withoutOurs } from "./carried.js";
import { carriedDrift, serviceDrift } from "./drift.js";
import { mustBeFree } from "./served.js";
import type { ServiceArgs } from "./service-args.js";
import { actingFor, natStep, type Site } from "./site.js";
import { addressesOf, keyOf, stateOf } from "./state.js";
import { isStrayEndpoint } from "./strays.js";
import { mayTake, mustBeOurThing } from "./whose.js";

/** What a plan makes of one service. */
export interface PlannedService {
  steps: NatStep[];
  /** The service then; null where nothing of it is left. */
  state: ServiceState | null;
  /** Addresses that it has no more. */
  former: string[];
}

/** What the state file has of a service, as far as a plan has to know. */
export type FormerService = Noted & Partial<Pick<ServiceArgs, "address" | "externalIPs">>;

/** Leads a service to what is declared, with the endpoints that it carries or that are there. */
export function planService(site: Site, spec: ServiceSpec, context: Context<FormerService>): PlannedService {
  const { backend, kernel, state } = site;
  const { chain, name, family } = spec;
  const service = keyOf(spec);
  const before = state.services.get(service);
  mustBeFree(spec, site);
  backend.mustFit(kernel, chain, stateOf({ ...spec, endpoints: [] }), context);
  mustBeOurThing(backend.whose(kernel, { chain, service }), context);
  const endpoints = endpointsFor(site, spec, context);
  const stranger = endpoints.find(({ address }) => address !== "" && familyOf(address) !== family);
  if (stranger)
    throw new Refusal(
      "endpoints",
      `service ${chain}/${name} has the endpoint ${stranger.name} at ${stranger.address}, and ${spec.address} is of the other family: an endpoint's address is of its service's family`,
    );
  const after = stateOf({ ...spec, mark: wantedMark(before?.service?.mark, context), endpoints });
  backend.mustFit(kernel, chain, after, context);
  const why = whyOf(site, spec, before, after);
  return {
    steps: why ? [natStep(site, { service, state: after }, context, why)] : [],
    state: after,
    former: formerAddresses(before, context).filter((each) => !addressesOf(spec).includes(each)),
  };
}

function whyOf({ backend, kernel }: Site, spec: ServiceSpec, before: ServiceState | undefined, after: ServiceState) {
  const { chain } = spec;
  const missing = (endpoint: string) =>
    backend.missing(kernel, { chain, endpoint: keyOf({ family: spec.family, name: endpoint }) });
  const service = before?.service
    ? serviceDrift(before.service, after.service!)
    : drift("name", backend.missing(kernel, { chain, service: keyOf(spec) }), spec.name);
  const carried = before?.service && spec.inline ? carriedDrift(spec.endpoints, before, after, missing) : "";
  const said = [service, carried].filter(Boolean).join("; ");
  return said || backend.otherwise(kernel, chain, { service: after, whole: spec.inline });
}

/**
 * Takes a service away, with the endpoints that it carries or that have no resource. Others that
 * are still there go with their own.
 */
export function removeService(site: Site, spec: ServiceSpec, context: Context<FormerService>): PlannedService {
  const { backend, kernel, state } = site;
  const { chain, name } = spec;
  const service = keyOf(spec);
  const held = state.services.get(service);
  const ours = mayTake(backend.whose(kernel, { chain, service }), context);
  const { memory } = actingFor(context);
  const isLeft = memory !== undefined && backend.remains(kernel, memory);
  const there = held?.endpoints ?? [];
  const endpoints = held?.service?.inline
    ? withoutOurs(there, context)
    : there.filter((each) => !isStrayEndpoint(each, chain, context));
  const { family } = spec;
  const rest = held && endpoints.length > 0 ? { name, family, endpoints } : null;
  const isOthers = held?.service !== undefined && !ours;
  const why = drift("name", name, undefined);
  return {
    steps: ours || (isLeft && !held?.service) ? [natStep(site, { service, state: rest }, context, why)] : [],
    state: ours ? rest : (held ?? null),
    former: isOthers ? [] : [...new Set([...addressesOf(spec), ...formerAddresses(ours ? held : undefined, context)])],
  };
}

/** Where it answered before, by what is noted of it or by the state file. */
function formerAddresses(before: ServiceState | undefined, { previous = {} }: Context<FormerService>): string[] {
  const { address = "", externalIPs = [] } = previous;
  return [
    ...new Set([...(before?.service ? addressesOf(before.service) : []), ...addressesOf({ address, externalIPs })]),
  ];
}
