import type { ServiceSpec } from "../kernel/service-spec.js";
import { ownerName } from "../ownership/mark.js";
import { NotOurs } from "../ownership/refuse.js";
import type { ServiceBackend } from "./backend.js";
import { shownOnce, shownWay, type WayKind, waysOf } from "./frontends.js";
import type { Site } from "./site.js";
import { addressesOf, keyOf } from "./state.js";

/** The addresses of all services, of whatever stack, and the backends that answer there. */
export function servedAddresses(all: Site["all"]): Map<string, ServiceBackend[]> {
  const served = new Map<string, ServiceBackend[]>();
  for (const { backend, state } of all)
    for (const address of state.addresses.keys()) served.set(address, [...(served.get(address) ?? []), backend]);
  return served;
}

/**
 * Is there a service at an address, of whatever stack, besides `own`, the key of one in the site's
 * NatChain?
 */
export function isServed(address: string, { all, state: chain }: Site, own?: string): boolean {
  return all.some(({ state }) => {
    const service = own !== undefined && state === chain ? state.services.get(own)?.service : undefined;
    const mine = service && addressesOf(service).includes(address) ? 1 : 0;
    return (state.addresses.get(address) ?? 0) > mine;
  });
}

/** The argument that a frontend comes from. */
const ARGUMENTS: Record<WayKind, string> = { vip: "address", external: "externalIPs", node: "ports" };

/**
 * Throws a Refusal when another service has one of the frontends, of whichever stack and backend.
 * Those of one list are not asked: the list gives no frontend twice.
 */
export function mustBeFree(spec: ServiceSpec, { all }: Site): void {
  const own = keyOf(spec);
  for (const way of waysOf(spec))
    for (const { state } of all)
      for (const key of state.frontends.get(shownOnce(way, spec.family)) ?? []) {
        const { name, service } = state.services.get(key)!;
        if (state.name === spec.chain && (key === own || (spec.bulk && service?.bulk))) continue;
        const { mark = "" } = service ?? {};
        throw new NotOurs(
          ARGUMENTS[way.kind],
          `${shownWay(way)} is taken by the service ${state.name}/${name} of ${ownerName(mark)}: use another address or port, or remove that service first`,
          { what: `service ${state.name}/${name}`, mark, byName: false },
        );
      }
}
