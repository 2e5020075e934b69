import { familyOf } from "../kernel/family.js";
import { inOrderOf } from "../kernel/in-order.js";
import type { ServiceHead, ServiceState } from "../kernel/service-change.js";
import type { Firewalls, Snapshot } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { belongsTo } from "../ownership/mark.js";
import { endpointAsFound, serviceAsFound, undeclaredEndpoint, undeclaredService } from "./as-found.js";
import { backendNamed } from "./backend-named.js";
import { sameRules } from "./drift.js";
import { type ChainArgs, declarable, isHook } from "./nat-chain-args.js";
import type { BulkService, ServiceArgs } from "./service-args.js";
import { backendOf, type Site, siteOn } from "./site.js";
import { holdersOf, keyOf } from "./state.js";

/** A service that a host has. */
type Found = ServiceState & { service: ServiceHead };

/**
 * The service of this stack that is there and says where it answers; one that doesn't any more is
 * drift, and no other one.
 */
function foundIn(held: ServiceState | undefined, context: Context): Found | undefined {
  const { service } = held ?? {};
  if (!held || !service || service.address === "" || belongsTo(service.mark, context) !== "ours") return undefined;
  return { ...held, service };
}

/** A NatChain with the services that it carries, as they are found. */
export function chainAsFound(desired: ChainArgs, host: Snapshot, context: Context): ChainArgs {
  const site = siteOn(backendNamed(desired.backend), desired.name, host);
  const { spec } = site.state;
  if (!spec || belongsTo(spec.mark, context) !== "ours") return desired;
  const { hooks, rules, vipRange } = desired;
  return {
    ...desired,
    hooks: inOrderOf(hooks, spec.hooks.filter(isHook)),
    rules: sameRules(rules, spec.rules) ? rules : (declarable(spec.rules) ?? rules),
    vipRange: vipRange !== undefined && spec.vipRanges.includes(vipRange) ? vipRange : spec.vipRanges[0],
    services: servicesAsFound(desired, site, context),
  };
}

function servicesAsFound(
  { services, name: chain }: ChainArgs,
  site: Site,
  context: Context,
): BulkService[] | undefined {
  const { backend, kernel, state } = site;
  const there = new Map(
    [...state.services].flatMap(([key, held]) => {
      const found = foundIn(held, context);
      return found?.service.bulk ? [[key, found] as const] : [];
    }),
  );
  if (services === undefined && there.size === 0) return undefined;
  const known = (services ?? []).flatMap((each) => {
    const service = keyOf({ name: each.name, family: familyOf(each.address) });
    const found = there.get(service);
    there.delete(service);
    if (found) return [withEndpoints(serviceAsFound(each, found.service), found, site, context)];
    // Where something is left of it, it is drift.
    return backend.whose(kernel, { chain, service }) ? [each] : [];
  });
  const others = [...there.values()].map((found) =>
    withEndpoints(undeclaredService(found.service), found, site, context),
  );
  return [...known, ...others];
}

/** A ServiceVip with the endpoints that it carries, as they are found. */
export function vipAsFound(desired: ServiceArgs, host: Firewalls, context: Context): ServiceArgs {
  const backend = backendOf(desired.chain, host);
  if (!backend) return desired;
  const site = siteOn(backend, desired.chain, host);
  const key = keyOf({ name: desired.name, family: familyOf(desired.address) });
  const found = foundIn(site.state.services.get(key), context);
  if (!found || found.service.bulk) return desired;
  return withEndpoints(serviceAsFound(desired, found.service), found, site, context);
}

/** Endpoints that are resources of their own are none of a service's arguments. */
function withEndpoints<A extends BulkService>(declared: A, found: Found, site: Site, context: Context): A {
  if (!found.service.inline) return declared;
  const { backend, kernel, state } = site;
  const there = new Map(
    found.endpoints.filter(({ mark }) => belongsTo(mark, context) === "ours").map((each) => [each.name, each] as const),
  );
  const known = (declared.endpoints ?? []).flatMap((each) => {
    const is = there.get(each.name);
    there.delete(each.name);
    if (is) return [endpointAsFound(each, is)];
    const endpoint = keyOf({ family: found.family, name: each.name });
    // One that another service has is no remainder of this one's.
    const isElsewhere = holdersOf(state, endpoint).some(({ key, held }) => key !== keyOf(found) && held.service);
    return !isElsewhere && backend.whose(kernel, { chain: state.name, endpoint }) ? [each] : [];
  });
  const others = [...there.values()].filter(({ address }) => address !== "").map(undeclaredEndpoint);
  return { ...declared, endpoints: [...known, ...others] };
}
