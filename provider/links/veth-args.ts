import ipaddr from "ipaddr.js";
import { z } from "zod";
import { DEFAULT6, destination, interfaceAddress, ipAddress, isLinkLocal } from "../kernel/address.js";
import { familyOf, single } from "../kernel/family.js";
import { holds, reaches } from "../kernel/network.js";
import { shown } from "../kernel/shown.js";
import { hopMisfits, interfaceMisfits, type Misfit } from "../kernel/special-addresses.js";
import { fitsMtu, ifname, listOnce, macAddress, mtu, namespaceName } from "../kernel/values.js";
import { originNotes } from "../ownership/notes.js";

/** Of IPv6 the default route is `DEFAULT6` from here on, whichever way it was written. */
const route = z
  .strictObject({ to: destination, via: ipAddress.optional() })
  .superRefine(({ to, via }, issue) => {
    if (via !== undefined && to !== "default" && familyOf(to) !== familyOf(via))
      issue.addIssue({
        code: "custom",
        path: ["via"],
        message: `${via} is of the other family than ${to}: name a next hop of the same one`,
      });
  })
  .transform(({ to, via }) => ({ to: to === "default" && via && familyOf(via) === "ip6" ? DEFAULT6 : to, via }));

/** One address, or one of each family. */
const gateway = z
  .unknown()
  .optional()
  .transform((value, context) => {
    const list = value === undefined ? [] : [value].flat();
    const parsed = list.flatMap((each, at) => {
      const { data, error } = ipAddress.safeParse(each, { error: wrongGateway });
      for (const { message } of error?.issues ?? [])
        context.addIssue({ code: "custom", message, path: Array.isArray(value) ? [at] : [] });
      return data ?? [];
    });
    const twice = parsed.find((each, at) => parsed.findIndex((other) => familyOf(other) === familyOf(each)) < at);
    if (twice) context.addIssue(`${shown(twice)} is a second gateway of its family: keep one of each`);
    return parsed;
  });

const wrongGateway = ({ input }: { input?: unknown }) =>
  `${shown(input)} is of the wrong type: write an address, or a list of one of each family`;

const peer = z.strictObject({
  name: ifname,
  namespace: namespaceName.optional(),
  addresses: listOnce(interfaceAddress).default([]),
  gateway,
  routes: listOnce(route, ({ to }) => to).default([]),
  macAddress: macAddress.optional(),
});

const args = {
  name: ifname,
  bridge: ifname.optional(),
  hairpin: z.boolean().optional(),
  addresses: listOnce(interfaceAddress).default([]),
  mtu: mtu.optional(),
  macAddress: macAddress.optional(),
  peer,
};

/** What is wrong with gateways that are right each by itself. */
const gatewayProblems = ({ name, gateway, addresses, routes }: z.infer<typeof peer>): string[] =>
  gateway.flatMap((each) => {
    const all = familyOf(each) === "ip6" ? DEFAULT6 : "default";
    const isSecond = routes.some(({ to }) => to === all);
    // Every interface has a link-local address by itself.
    const hasAddress = isLinkLocal(each) || addresses.some((own) => familyOf(own) === "ip6");
    return [
      ...(isSecond ? [`${each} is a second default route beside the one in routes: keep one`] : []),
      ...(all === DEFAULT6 && !hasAddress && !isOnLink(each, routes)
        ? [
            `${each} is an IPv6 address, and ${shown(name)} has none by which it could reach it: add one to peer.addresses`,
          ]
        : []),
    ];
  });

/** The arguments of a VethPair. */
export const vethArgs = z.strictObject(args).superRefine((pair, issue) => {
  const fail = (path: string[], message: string) => issue.addIssue({ code: "custom", path, message });
  const { bridge, hairpin, addresses, mtu, peer } = pair;
  if (peer.namespace === undefined && peer.name === pair.name)
    fail(["peer", "name"], `"${pair.name}" is the name of both ends in one namespace: give one another`);
  if (bridge !== undefined && addresses.length > 0)
    fail(
      ["addresses"],
      `a bridge port takes no addresses: give ${addresses.join(", ")} to ${bridge}, or leave out bridge`,
    );
  if (bridge === undefined && hairpin !== undefined)
    fail(
      ["hairpin"],
      `${hairpin} says something of a bridge port, and there is no bridge: name one, or leave hairpin out`,
    );
  for (const message of gatewayProblems(peer)) fail(["peer", "gateway"], message);
  const tooSmall = fitsMtu(mtu, [...addresses, ...peer.addresses]);
  if (tooSmall) fail(["mtu"], tooSmall);
});

/** Does a route without a next hop lead there? */
const isOnLink = (address: string, routes: z.infer<typeof route>[]): boolean =>
  routes.some(({ to, via }) => via === undefined && familyOf(to) === familyOf(address) && holds(to, single(address)));

/** What no host can have of a pair. */
export function vethMisfits({ addresses, peer }: VethArgs): Misfit[] {
  const { gateway, routes } = peer;
  const hops = [
    ...gateway.map((via) => ["peer.gateway", via] as const),
    ...routes.map(({ via }, at) => [`peer.routes[${at}].via`, via] as const),
  ];
  return [
    ...interfaceMisfits("addresses", addresses),
    ...interfaceMisfits("peer.addresses", peer.addresses),
    ...hops.flatMap(([property, via]) => {
      const misfits = hopMisfits(property, via);
      return misfits.length > 0 ? misfits : [...unreached(peer, property, via), ...noRouter(peer, property, via)];
    }),
  ];
}

/** A next hop of IPv4 that nothing declared leads to, which the kernel refuses. */
function unreached({ name, addresses, routes }: VethArgs["peer"], property: string, via: string | undefined): Misfit[] {
  if (via === undefined || familyOf(via) !== "ip" || isOnLink(via, routes)) return [];
  if (addresses.some((own) => familyOf(own) === "ip" && reaches(own, via))) return [];
  const reason = `${shown(via)} is in no network of ${shown(name)}: add an address of its network to peer.addresses, or { to: "${single(via)}" } to peer.routes`;
  return [{ property, reason, value: via }];
}

/** An address that the kernel takes for no next hop, though it is in a network of the end. */
function noRouter({ name, addresses }: VethArgs["peer"], property: string, via: string | undefined): Misfit[] {
  if (via === undefined) return [];
  const what = addresses.map((own) => whatIs(via, own, name)).find((each) => each !== undefined);
  return what === undefined
    ? []
    : [{ property, reason: `${shown(via)} is ${what}: write that of a router`, value: via }];
}

/** Of IPv4 the end itself may be the next hop: then all is asked for by ARP. */
function whatIs(via: string, own: string, name: string): string | undefined {
  const [address, prefix] = own.split("/");
  if (familyOf(own) === "ip6") return via === address ? `an address of ${shown(name)} itself` : undefined;
  const isAll = Number(prefix) < 31 && ipaddr.IPv4.broadcastAddressFromCIDR(own).toString() === via;
  return isAll ? `the address of all hosts of ${own}` : undefined;
}

/** What the state file has of a VethPair. */
export const vethState = z.strictObject({ ...args, ...originNotes, peerMacAddress: macAddress.optional() });

export type VethState = z.infer<typeof vethState>;

export type VethArgs = z.infer<typeof vethArgs>;
