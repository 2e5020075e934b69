import { DEFAULT6 } from "../kernel/address.js";
import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { familyOf } from "../kernel/family.js";
import type { IpStep } from "../kernel/plan.js";
import { type NetView, ROUTE_PROTOCOL, type Route } from "../kernel/snapshot.js";
import { isMark } from "../ownership/mark.js";
import { where } from "./where.js";

export interface RouteWish {
  /** "default" is IPv4's; IPv6's is DEFAULT6. */
  to: string;
  via?: string;
}

/** Where a default route via a gateway leads. */
export const defaultVia = (gateway: string) => (familyOf(gateway) === "ip6" ? DEFAULT6 : "default");

export const isDefault = (to: string) => to === "default" || to === DEFAULT6;

/** The routes over one interface: as the arguments say, and where. */
export interface RoutesWish {
  /** One of each family at most. */
  gateways: string[];
  routes: RouteWish[];
  device: string;
  namespace?: string;
}

/**
 * The steps for the routes over the peer of a pair. Ours carry ROUTE_PROTOCOL, so one that is no
 * longer declared can be told from other routes. `view` is its namespace without what is just taken
 * away. `before` are the steps that come first: where they take an address away or set the link
 * down, the kernel takes the routes over it too. `missing` is why the interface was added, if it
 * was.
 */
export function routeSteps(wish: RoutesWish, view: NetView, before: IpStep[], missing?: string): IpStep[] {
  const { device, namespace } = wish;
  const wanted = inOrderOfNeed(wantedRoutes(wish));
  for (const route of wanted) mustBeFree(route, wish, view);
  const ours = view.routes.filter(({ dev, protocol }) => dev === device && protocol === ROUTE_PROTOCOL);
  const cause = before.find(takesRoutes)?.why;
  const step = (verb: "delete" | "replace", { to, via }: RouteWish): IpStep => {
    const route = { namespace, to, via, dev: device, protocol: ROUTE_PROTOCOL };
    return {
      do: `route.${verb}`,
      ...route,
      undo: missing ? undefined : { do: verb === "delete" ? "route.replace" : "route.delete", ...route },
      why: missing ?? cause ?? whyOf({ to, via }, wish, ours),
    };
  };
  return [
    ...ours.filter((route) => !wanted.some((each) => each.to === route.to)).map((route) => step("delete", route)),
    ...wanted
      .filter((route) => cause !== undefined || !ours.some((each) => same(each, route)))
      .map((route) => step("replace", route)),
  ];
}

const wantedRoutes = ({ gateways, routes }: RoutesWish): RouteWish[] => [
  ...gateways.map((via) => ({ to: defaultVia(via), via })),
  ...routes,
];

/**
 * The kernel takes a next hop that a route without one leads to, or an address's network, and no
 * other (fib_check_nh, ip6_route_check_nh): so routes without a next hop come first.
 */
const inOrderOfNeed = (routes: RouteWish[]) =>
  routes.toSorted((a, b) => Number(a.via !== undefined) - Number(b.via !== undefined));

/** With an address, and with a link that is set down, the kernel takes routes away. */
const takesRoutes = (step: IpStep) => step.do === "address.delete" || (step.do === "link.set" && step.set.up === false);

/**
 * Throws a Refusal where routes of others are in the way; those over another link of this product
 * may go with it.
 */
export function mustTakeNoRoute(wish: RoutesWish, { links, routes }: NetView): void {
  const isOurs = ({ protocol, dev = "" }: Route) =>
    protocol === ROUTE_PROTOCOL || (dev !== wish.device && isMark(links.get(dev)?.alias));
  const view = { links, routes: routes.filter((route) => !isOurs(route)) };
  for (const route of wantedRoutes(wish)) mustBeFree(route, wish, view);
}

/** `ip route replace` would replace any route to the same destination, of whatever type. */
function mustBeFree({ to }: RouteWish, wish: RoutesWish, view: NetView): void {
  const { device, namespace } = wish;
  const other = view.routes.find(
    (route) => route.to === to && (route.protocol !== ROUTE_PROTOCOL || route.dev !== device),
  );
  if (!other) return;
  const who = other.protocol === ROUTE_PROTOCOL ? "another resource made it" : "we did not make it";
  throw new Refusal(
    isGateway(wish, to) ? "peer.gateway" : "peer.routes",
    `there is a ${described(other)} already${where(namespace)}, and ${who}: remove it, or leave this one out`,
  );
}

const described = ({ to, via, dev, type }: Route) =>
  `${type === "unicast" ? "" : `${type} `}route to ${to}${via ? ` via ${via}` : ""}${dev ? ` over ${dev}` : ""}`;

/** A default route is the gateway's, unless `routes` has one of its family. */
const isGateway = ({ routes }: RoutesWish, to: string) => isDefault(to) && !routes.some((each) => each.to === to);

function whyOf(route: RouteWish, wish: RoutesWish, ours: Route[]): string {
  const { gateways, routes } = wish;
  // A default route that leads to no gateway can only be listed.
  const isGatewayRoute = ({ to, via }: RouteWish) => via !== undefined && isGateway(wish, to);
  if (isGatewayRoute(route)) {
    const found = ours.filter(isGatewayRoute).flatMap(({ via }) => via ?? []);
    return drift("peer.gateway", inOrder(found), inOrder(gateways));
  }
  const listed = ours.filter((each) => !isGatewayRoute(each));
  return drift("peer.routes", listed.map(text), routes.map(text));
}

const inOrder = (gateways: string[]) => gateways.toSorted((a, b) => familyOf(a).length - familyOf(b).length);
const text = ({ to, via }: RouteWish) => `${to === DEFAULT6 && via ? "default" : to}${via ? ` via ${via}` : ""}`;
const same = (a: RouteWish, b: RouteWish) => a.to === b.to && a.via === b.via;
