import { drift } from "../kernel/drift.js";
import { Refusal } from "../kernel/errors.js";
import { familyOf, single } from "../kernel/family.js";
import { holds } from "../kernel/network.js";
import type { Step } from "../kernel/plan.js";
import type { Firewalls, Snapshot } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import type { ServiceBackend } from "./backend.js";
import { vipRouteRemoval, vipRouteRemovalsInside, vipRouteSteps } from "./routes.js";
import { servedAddresses } from "./served.js";
import { allStates } from "./site.js";

interface Ranged {
  name: string;
  vipRange?: string;
}

/**
 * The route of the range, and none of what was the range before, as the chain or the state file has
 * it. With a new route of the range, services in it lose those of their own, as if it had been
 * there first.
 */
export function rangeSteps(
  { name, vipRange }: Ranged,
  host: Snapshot,
  { previous }: Context<Noted & { vipRange?: string }>,
  backend: ServiceBackend,
): Step[] {
  const noted = previous?.vipRange;
  const before = new Set([...rangesOf(name, host), ...(noted === undefined ? [] : [noted])]);
  const former = [...before].filter((range) => range !== vipRange);
  const routes = host.routes.filter((route) => !former.includes(route.to));
  const left = { ...host, routes };
  const made = vipRange ? vipRouteSteps(vipRange, ["vipRange", vipRange], left, { backend, chain: name }) : [];
  return [
    ...former.flatMap((range) => rangeRemoval(range, host, drift("vipRange", range, vipRange))),
    ...made,
    ...made.flatMap((step) => (step.do === "route.replace" ? vipRouteRemovalsInside(step, left) : [])),
  ];
}

/**
 * With the route of a range gone, each service in it gets one of its own, which goes with that
 * service.
 */
export function rangeRemoval(range: string, host: Snapshot, why?: string): Step[] {
  const gone = vipRouteRemoval(range, host, why);
  if (gone.length === 0) return [];
  const left = { ...host, routes: host.routes.filter(({ to }) => to !== range) };
  const inside = [...servedAddresses(allStates(host))]
    .map(([address, [backend]]) => [single(address), backend!] as const)
    .filter(([to]) => holds(range, to) && !left.routes.some((route) => route.to === to));
  return [
    ...inside.flatMap(([to, backend]) => vipRouteSteps(to, ["vipRange", range], left, { backend, chain: "" })),
    ...gone,
  ];
}

/** Under which name a NatChain declares its range. */
export const rangeClaim = (chain: string) => `range of ${chain}`;

/** The ranges that a NatChain has, as the host knows it. */
const rangesOf = (chain: string, host: Firewalls): string[] =>
  allStates(host)
    .filter(({ state }) => state.name === chain)
    .flatMap(({ state }) => state.spec?.vipRanges ?? []);

/** The ranges that a NatChain has no more: the one that is declared, and those that it had. */
export function goneRanges({ name, vipRange }: Ranged, before: Firewalls, after: Firewalls): string[] {
  const left = rangesOf(name, after);
  const all = new Set([...(vipRange ? [vipRange] : []), ...rangesOf(name, before)]);
  return [...all].filter((range) => !left.includes(range));
}

/** The one of them that is of a service's family. */
const rangeOf = (chain: string, address: string, host: Firewalls): string | undefined =>
  rangesOf(chain, host).find((range) => familyOf(range) === familyOf(address));

/**
 * Throws a Refusal for an address outside the range; but one that was there before its chain had a
 * range stays.
 */
export function mustBeInRange(
  { address, chain }: { address: string; chain: string },
  host: Firewalls,
  { previous }: Context<Noted & { address: string }>,
): void {
  const message = outsideRange(address, chain, rangeOf(chain, address, host));
  if (message && previous?.address !== address) throw new Refusal("address", message);
}

/**
 * What is wrong with a service's address and its chain's range; undefined when nothing is, or when
 * the range is one of the other family.
 */
export function outsideRange(address: string, chain: string, range: string | undefined): string | undefined {
  if (range === undefined || familyOf(range) !== familyOf(address) || holds(range, single(address))) return undefined;
  return `${address} is outside ${range}, the vipRange of ${chain}: choose an address in it, widen the range, or give the service another NatChain`;
}

/** Throws a Refusal: what is in the range and no service would be dropped. */
export function mustHoldNoNetwork(range: string, { routes }: Snapshot): void {
  const inside = routes.find(({ to, protocol }) => protocol === "kernel" && to !== "default" && holds(range, to));
  if (inside)
    throw new Refusal(
      "vipRange",
      `${range} holds ${inside.to}, a network that this host is in (over ${inside.dev}), and drops what no service takes: choose a range for services alone`,
    );
}
