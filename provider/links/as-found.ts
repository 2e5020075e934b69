import { isLinkLocal } from "../kernel/address.js";
import { inOrderOf } from "../kernel/in-order.js";
import type { LinkOptions } from "../kernel/plan.js";
import { type Link, type NetView, ROUTE_PROTOCOL, type Route } from "../kernel/snapshot.js";
import { type LinkKind, settingsOf } from "./kind.js";
import { isDefault } from "./route-steps.js";

/**
 * Addresses of an interface that are in the place of those declared; the kernel's link-local ones
 * are not.
 */
export const addressesAsFound = (declared: readonly string[], { addresses }: Link): string[] =>
  inOrderOf(
    declared,
    addresses.filter((each) => !isLinkLocal(each) || declared.includes(each)),
  );

/** The settings of a kind of link as they were found, by argument. */
export function optionsAsFound<O extends object>(kind: LinkKind<O>, found: LinkOptions = {}): Required<O> {
  const values = settingsOf(kind).map(([argument, { word, fromText, initial }]) => {
    const text = found[word];
    return [argument, text === undefined ? initial : fromText(text)];
  });
  return Object.fromEntries(values) as Required<O>;
}

/** What every link has that can be declared, and the settings of its kind. */
export const linkAsFound = <O extends object>(
  kind: LinkKind<O>,
  declared: { addresses?: string[]; mtu?: number },
  found: Link,
) => ({
  addresses: declared.addresses && addressesAsFound(declared.addresses, found),
  mtu: declared.mtu && found.mtu,
  macAddress: found.macAddress,
  ...optionsAsFound(kind, found.options),
});

interface Routes {
  gateway: string[];
  routes: { to: string; via: string | undefined }[];
}

/** Our routes over a device, as the arguments would say them. */
export function routesAsFound(declared: Routes, device: string, { routes }: NetView): Routes {
  const ours = routes.filter(({ dev, protocol }) => dev === device && protocol === ROUTE_PROTOCOL);
  const isGateway = ({ to, via }: Route) =>
    via !== undefined && isDefault(to) && !declared.routes.some((each) => each.to === to);
  const gateways = ours.filter(isGateway).flatMap(({ via }) => via ?? []);
  const others = ours.filter((route) => !isGateway(route));
  return {
    gateway: inOrderOf(declared.gateway, gateways),
    routes: inOrderOf(
      declared.routes,
      others.map(({ to, via }) => ({ to, via })),
    ),
  };
}
