import ipaddr from "ipaddr.js";
import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { familyOf, single } from "../kernel/family.js";
import type { IpStep } from "../kernel/plan.js";
import { ROUTE_PROTOCOL, type Route, type Snapshot } from "../kernel/snapshot.js";
import { allInFamilies } from "./iptables/read.js";
import type { BackendName } from "./services-on.js";
import type { ServiceSpec } from "./spec.js";

/**
 * The route to a virtual IP. The kernel routes before nat OUTPUT rewrites, so a host without any
 * route to a virtual IP can't connect to it. Ours leads over lo, which is always there.
 *
 * In IPv6 the kernel refuses what is routed so (fib6_is_reject). The rules of iptables that refuse
 * and drop come after routing, so for those the route is of type local. The rules of nftables come
 * before routing. They leave alone what is local, since the host may serve there.
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
  const isLocal = familyOf(to) === "ip6" && (backend === "iptables" || isSharedWithIptables(to, chain, host));
  const type = isLocal ? "local" : "unicast";
  const found = ours(to, host);
  if (found ? found.type === type : covered(to, type, host)) return [];
  const other = host.routes.find((route) => route.to === to);
  if (other && !found)
    throw new Refusal(
      `${argument} ${value}: the host has a route to ${to} of type ${other.type} that we did not make, so nothing gets there: remove that route, or choose another ${argument}`,
    );
  return [
    ...vipRouteRemoval(to, host),
    {
      do: "route.replace",
      ...overLo(to, type),
      undo: { do: "route.delete", ...overLo(to, type) },
      why: drift(argument, found ? `a route to ${to} of type ${found.type}` : `no route to ${to}`, value),
    },
  ];
}

/** Where the services are that a route is for. */
interface Place {
  backend: BackendName;
  chain: string;
}

/** Does a service of another NatChain, on iptables, answer at the same address? */
const isSharedWithIptables = (to: string, chain: string, { firewall }: Snapshot): boolean =>
  allInFamilies(firewall).some((each) => each.way !== "node" && each.chain !== chain && single(each.address) === to);

/** The routes to all addresses of a service. */
export const serviceRouteSteps = (
  { address, externalIPs, chain }: Pick<ServiceSpec, "address" | "externalIPs" | "chain">,
  host: Snapshot,
  backend: BackendName,
): IpStep[] =>
  [address, ...externalIPs].flatMap((each) =>
    vipRouteSteps(single(each), [each === address ? "address" : "externalIPs", each], host, { backend, chain }),
  );

/** Takes our route to a virtual IP away; a route of others stays. */
export function vipRouteRemoval(to: string, host: Snapshot): IpStep[] {
  const found = ours(to, host);
  if (!found) return [];
  return [
    {
      do: "route.delete",
      ...overLo(to, found.type),
      undo: { do: "route.replace", ...overLo(to, found.type) },
      why: drift(`route to ${to}`, "over lo", undefined),
    },
  ];
}

/** Does network `outer` hold all of network `inner`? Both as CIDR, or "default" (IPv4's); never one of the other family. */
export function holds(outer: string, inner: string): boolean {
  const [inside, insidePrefix] = parsed(inner);
  const [outside, outsidePrefix] = parsed(outer);
  return inside.kind() === outside.kind() && outsidePrefix <= insidePrefix && inside.match(outside, outsidePrefix);
}

type Network = ReturnType<typeof ipaddr.parseCIDR>;

// Thousands of services look at thousands of routes, and reading one takes longer than comparing it
const networks = new Map<string, Network>();

function parsed(text: string): Network {
  const network = networks.get(text) ?? ipaddr.parseCIDR(text === "default" ? "0.0.0.0/0" : text);
  networks.set(text, network);
  return network;
}

const overLo = (to: string, type: string) => ({ to, dev: "lo", protocol: ROUTE_PROTOCOL, type });

const ours = (to: string, host: Snapshot): Route | undefined =>
  host.routes.find((route) => route.to === to && route.protocol === ROUTE_PROTOCOL && route.dev === "lo");

/** The most specific route decides, as in the kernel: under a blackhole nothing is reached. */
function covered(to: string, type: Route["type"], host: Snapshot): boolean {
  const prefix = (route: Route) => (route.to === "default" ? 0 : Number(route.to.split("/")[1]));
  const [best] = host.routes.filter((route) => holds(route.to, to)).sort((a, b) => prefix(b) - prefix(a));
  return best?.type === "local" || (best?.type === "unicast" && (type === "unicast" || best.dev !== "lo"));
}
