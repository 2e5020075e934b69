import { Refusal } from "../errors.js";
import { type NetView, ROUTE_PROTOCOL } from "../model/snapshot.js";
import type { IpStep } from "../plan.js";

/**
 * The steps for the routes over one interface. Ours carry ROUTE_PROTOCOL, so that one which is no longer declared can be told from others'.
 * `view` is the namespace as it is (undefined: the interface is new), `before` are the steps that come first: where they take away an
 * address or set the link down, the kernel takes the routes over it too.
 */
export function routeSteps(
  routes: { to: string; via?: string }[],
  device: string,
  namespace: string | undefined,
  view: NetView | undefined,
  before: IpStep[],
): IpStep[] {
  const present = view?.routes ?? [];
  const ours = present.filter(({ dev, protocol }) => dev === device && protocol === ROUTE_PROTOCOL);
  const lost = before.some(({ args }) => args[1] === "del" || args.includes("down"));
  const words = (to: string, via?: string) => [
    to,
    ...(via ? ["via", via] : []),
    "dev",
    device,
    "proto",
    ROUTE_PROTOCOL,
  ];
  const step = (verb: "del" | "replace", { to, via }: { to: string; via?: string }, why: string): IpStep => ({
    do: "ip",
    namespace,
    args: ["route", verb, ...words(to, via)],
    undo: view ? ["route", verb === "del" ? "replace" : "del", ...words(to, via)] : undefined,
    why: view ? why : `${device} is missing`,
  });
  for (const { to } of routes) {
    const other = present.find(
      (route) => route.to === to && route.protocol !== ROUTE_PROTOCOL && route.type === "unicast",
    );
    if (other)
      throw new Refusal(
        `there is a route to ${to} ${other.via ? `via ${other.via} ` : ""}${other.dev ? `over ${other.dev} ` : ""}already${namespace ? ` in ${namespace}` : ""}, and we did not make it: remove it, or leave this one out`,
      );
  }
  const same = (a: { to: string; via?: string }, b: { to: string; via?: string }) => a.to === b.to && a.via === b.via;
  const shown = ({ to, via }: { to: string; via?: string }) => `route to ${to}${via ? ` via ${via}` : ""}`;
  return [
    ...ours
      .filter((route) => !routes.some((each) => each.to === route.to))
      .map((route) => step("del", route, `${device} has a ${shown(route)}, which is not declared`)),
    ...routes
      .filter((route) => lost || !ours.some((each) => same(each, route)))
      .map((route) => step("replace", route, `the ${shown(route)} over ${device} is missing`)),
  ];
}
