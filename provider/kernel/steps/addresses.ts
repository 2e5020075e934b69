import { familyOf } from "../family.js";
import type { AddressAction, RouteAction } from "../plan.js";
import type { Snapshot } from "../snapshot.js";
import { type IpRows, ipRow } from "./ip-row.js";
import { linkIn, viewOf } from "./view.js";

export const ADDRESS_STEPS: IpRows<AddressAction["do"]> = {
  "address.add": ipRow((step) => ["addr", "add", ...addressWords(step), ...atOnce(step)], addAddress),
  "address.replace": ipRow((step) => ["addr", "replace", ...addressWords(step), ...atOnce(step)], addAddress),
  "address.delete": ipRow(
    (step) => ["addr", "del", ...addressWords(step)],
    (snapshot, { namespace, dev, address }) => {
      const link = linkIn(viewOf(snapshot, namespace), dev);
      link.addresses = link.addresses.filter((each) => each !== address);
    },
  ),
};

export const ROUTE_STEPS: IpRows<RouteAction["do"]> = {
  "route.add": ipRow((step) => ["route", "add", ...routeWords(step)], addRoute),
  "route.replace": ipRow(
    (step) => ["route", "replace", ...routeWords(step)],
    (snapshot, step) => {
      removeRoute(snapshot, step);
      addRoute(snapshot, step);
    },
  ),
  "route.delete": ipRow((step) => ["route", "del", ...routeWords(step)], removeRoute),
};

const addressWords = ({ address, dev }: AddressAction) => [address, "dev", dev];

/**
 * Without duplicate address detection (RFC 4862, 5.4) an IPv6 address can be used at once. With it
 * nothing is sent from it for a second or more, and a port with hairpin gets its own question back,
 * which looks like a duplicate. That no other has it is for the program to see to, as with IPv4.
 */
const atOnce = ({ address }: AddressAction) => (familyOf(address) === "ip6" ? ["nodad"] : []);

function addAddress(snapshot: Snapshot, { namespace, dev, address }: AddressAction): void {
  const link = linkIn(viewOf(snapshot, namespace), dev);
  link.addresses = [...new Set([...link.addresses, address])];
}

/** The usual type is left out. Routes of type local are in another table unless told. */
const routeWords = ({ to, via, dev, protocol, type = "unicast" }: RouteAction) => [
  ...(type === "unicast" ? [] : [type]),
  to,
  ...(via === undefined ? [] : ["via", via]),
  ...(dev === undefined ? [] : ["dev", dev]),
  ...(protocol === undefined ? [] : ["proto", protocol]),
  ...(type === "local" ? ["table", "main"] : []),
];

function addRoute(snapshot: Snapshot, { namespace, to, via, dev, protocol = "boot", type = "unicast" }: RouteAction) {
  const view = viewOf(snapshot, namespace);
  view.routes = [...view.routes, { to, via, dev, protocol, type }];
}

function removeRoute(snapshot: Snapshot, { namespace, to }: RouteAction): void {
  const view = viewOf(snapshot, namespace);
  view.routes = view.routes.filter((route) => route.to !== to);
}
