import { Refusal } from "../errors.js";
import { drift } from "../model/drift.js";
import { type NetView, ROUTE_PROTOCOL, type Route } from "../model/snapshot.js";
import type { IpStep } from "../plan.js";

interface RouteWish {
  to: string;
  via?: string;
}

/** The routes over one interface: as the arguments say, and where. */
export interface RoutesWish {
  gateway?: string;
  routes: RouteWish[];
  device: string;
  namespace?: string;
}

/**
 * The steps for the routes over the peer of a pair. Ours carry ROUTE_PROTOCOL, so that one which is no longer declared can be told from others'.
 * `view` is its namespace without what is just taken away; `before` are the steps that come first: where they take away an address or set the
 * link down, the kernel takes the routes over it too. `missing` is why the interface was added, when it was.
 */
export function routeSteps(wish: RoutesWish, view: NetView, before: IpStep[], missing?: string): IpStep[] {
  const { device, namespace } = wish;
  const wanted = [...(wish.gateway ? [{ to: "default", via: wish.gateway }] : []), ...wish.routes];
  for (const { to } of wanted) mustBeFree(to, wish, view);
  const ours = view.routes.filter(({ dev, protocol }) => dev === device && protocol === ROUTE_PROTOCOL);
  const cause = before.find(({ args }) => args[1] === "del" || args.includes("down"))?.why;
  const step = (verb: "del" | "replace", route: RouteWish): IpStep => ({
    do: "ip",
    namespace,
    args: ["route", verb, ...words(route, device)],
    undo: missing ? undefined : ["route", verb === "del" ? "replace" : "del", ...words(route, device)],
    why: missing ?? cause ?? whyOf(route, wish, ours),
  });
  return [
    ...ours.filter((route) => !wanted.some((each) => each.to === route.to)).map((route) => step("del", route)),
    ...wanted
      .filter((route) => cause !== undefined || !ours.some((each) => same(each, route)))
      .map((route) => step("replace", route)),
  ];
}

/** `ip route replace` would put ours in the place of another one to the same destination, of whatever type. */
function mustBeFree(to: string, { device, namespace }: RoutesWish, view: NetView): void {
  const other = view.routes.find(
    (route) => route.to === to && (route.protocol !== ROUTE_PROTOCOL || route.dev !== device),
  );
  if (!other) return;
  const who = other.protocol === ROUTE_PROTOCOL ? "another resource made it" : "we did not make it";
  throw new Refusal(
    `there is a ${described(other)} already${namespace ? ` in ${namespace}` : ""}, and ${who}: remove it, or leave this one out`,
  );
}

const described = ({ to, via, dev, type }: Route) =>
  `${type === "unicast" ? "" : `${type} `}route to ${to}${via ? ` via ${via}` : ""}${dev ? ` over ${dev}` : ""}`;

/** The default route is the gateway's, unless `routes` says otherwise. */
function whyOf({ to }: RouteWish, { gateway, routes }: RoutesWish, ours: Route[]): string {
  const isGateway = (route: RouteWish) => route.to === "default" && !routes.some((each) => each.to === "default");
  if (isGateway({ to })) return drift("peer.gateway", ours.find(isGateway)?.via, gateway);
  const listed = ours.filter((route) => !isGateway(route));
  return drift("peer.routes", listed.map(text), routes.map(text));
}

const text = ({ to, via }: RouteWish) => `${to}${via ? ` via ${via}` : ""}`;
const same = (a: RouteWish, b: RouteWish) => a.to === b.to && a.via === b.via;
const words = ({ to, via }: RouteWish, device: string) => [
  to,
  ...(via ? ["via", via] : []),
  ...["dev", device, "proto", ROUTE_PROTOCOL],
];
