import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { familyOf, single, unsingle } from "../kernel/family.js";
import { mustTakeIp6 } from "../kernel/ip6-off.js";
import { holds } from "../kernel/network.js";
import type { IpStep } from "../kernel/plan.js";
import type { ServiceSpec } from "../kernel/service-spec.js";
import { ROUTE_PROTOCOL, type Route, type Snapshot } from "../kernel/snapshot.js";
import type { ServiceBackend } from "./backend.js";
import { isServed } from "./served.js";
import { allStates, type Site } from "./site.js";
import { keyOf } from "./state.js";

/** Where the services are that a route is for. */
interface Place {
  backend: ServiceBackend;
  chain: string;
}

/**
 * The route to a virtual IP. The kernel routes before nat OUTPUT rewrites, so a host without any
 * route to a virtual IP can't connect to it. Ours leads over lo, which is always there.
 *
 * In IPv6 the kernel refuses what is routed so (fib6_is_reject). A backend that refuses and drops
 * after routing needs a route of type local. One that does so before routing leaves alone what is
 * local, since the host may serve there.
 *
 * `to` is a network ("10.100.100.100/32"), `argument` is the one that asks for it, with its value.
 * `chain` is the NatChain of the service or the range. Throws a Refusal where a foreign route to
 * this network would be replaced.
 */
export function vipRouteSteps(
  to: string,
  [argument, value]: [name: string, value: string],
  host: Snapshot,
  { backend, chain }: Place,
): IpStep[] {
  const family = familyOf(to);
  const asked = backend.routeType(family);
  const type = family === "ip6" && isSharedWithLocal(to, chain, host) ? "local" : asked;
  const found = ours(to, host);
  if (found ? found.type === type : covered(to, type, host)) return [];
  const other = host.routes.find((route) => route.to === to);
  if (other && !found)
    throw new Refusal(
      argument,
      `${value}: the host has a route to ${to} of type ${other.type} that we did not make, so nothing gets there: remove that route, or choose another ${argument}`,
    );
  const why = drift(argument, found ? `a route to ${to} of type ${found.type}` : `no route to ${to}`, value);
  return [
    ...vipRouteRemoval(to, host, why),
    { do: "route.replace", ...overLo(to, type), undo: { do: "route.delete", ...overLo(to, type) }, why },
  ];
}

/** Throws a Refusal for a network of IPv6 that no route over lo can lead to. */
export function mustBeRoutable(argument: string, value: string, host: Snapshot): void {
  if (!ours(value.includes("/") ? value : single(value), host)) mustTakeIp6(argument, value, host, "lo");
}

/** Does a service of another NatChain answer at the same address that needs a local route? */
const isSharedWithLocal = (to: string, chain: string, host: Snapshot): boolean =>
  allStates(host).some(
    ({ backend, state }) =>
      state.name !== chain && backend.routeType("ip6") === "local" && state.addresses.has(unsingle(to)),
  );

/** The routes to all addresses of a service. */
export const serviceRouteSteps = (
  { address, externalIPs, chain }: Pick<ServiceSpec, "address" | "externalIPs" | "chain">,
  host: Snapshot,
  backend: ServiceBackend,
): IpStep[] =>
  [address, ...externalIPs].flatMap((each) =>
    vipRouteSteps(single(each), [each === address ? "address" : "externalIPs", each], host, { backend, chain }),
  );

/** Is a service there? Of one that is not, that alone is worth saying. */
export const isServiceThere = ({ state }: Site, spec: ServiceSpec): boolean =>
  state.services.get(keyOf(spec))?.service !== undefined;

/** Takes the routes to addresses away at which no other service, of whatever stack, is. */
export const formerRouteSteps = (addresses: string[], site: Site, own: string | undefined, host: Snapshot): IpStep[] =>
  addresses
    .filter((address) => !isServed(address, site, own))
    .flatMap((address) => vipRouteRemoval(single(address), host));

/** Takes our route to a virtual IP away; a route of others stays. */
export function vipRouteRemoval(
  to: string,
  host: Snapshot,
  why = drift(`route to ${to}`, "over lo", undefined),
): IpStep[] {
  const found = ours(to, host);
  if (!found) return [];
  const route = overLo(to, found.type);
  return [{ do: "route.delete", ...route, undo: { do: "route.replace", ...route }, why }];
}

/** Takes our routes to virtual IPs away that a new route to a network of the same type covers. */
export const vipRouteRemovalsInside = (
  { to, type, why }: Pick<IpStep & { do: "route.replace" }, "to" | "type" | "why">,
  host: Snapshot,
): IpStep[] =>
  host.routes
    .filter((route) => route.to !== to && route.type === type && holds(to, route.to))
    .flatMap((route) => vipRouteRemoval(route.to, host, why));

const overLo = (to: string, type: string) => ({ to, dev: "lo", protocol: ROUTE_PROTOCOL, type });

const ours = (to: string, host: Snapshot): Route | undefined =>
  host.routes.find((route) => route.to === to && route.protocol === ROUTE_PROTOCOL && route.dev === "lo");

/** The most specific route decides, as in the kernel: under a blackhole nothing is reached. */
function covered(to: string, type: Route["type"], host: Snapshot): boolean {
  const prefix = (route: Route) => (route.to === "default" ? 0 : Number(route.to.split("/")[1]));
  const [best] = host.routes.filter((route) => holds(route.to, to)).sort((a, b) => prefix(b) - prefix(a));
  return best?.type === "local" || (best?.type === "unicast" && (type === "unicast" || best.dev !== "lo"));
}
