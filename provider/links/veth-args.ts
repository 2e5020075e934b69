import { z } from "zod";
import { DEFAULT6, destination, interfaceAddress, ipAddress, isLinkLocal } from "../kernel/address.js";
import { familyOf } from "../kernel/family.js";
import { shown } from "../kernel/shown.js";
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
  for (const each of peer.gateway) {
    const all = familyOf(each) === "ip6" ? DEFAULT6 : "default";
    if (peer.routes.some(({ to }) => to === all))
      fail(["peer", "gateway"], `${each} is a second default route beside the one in routes: keep one`);
    // Every interface has a link-local address by itself.
    if (all === DEFAULT6 && !isLinkLocal(each) && peer.addresses.every((own) => familyOf(own) !== "ip6"))
      fail(
        ["peer", "gateway"],
        `${each} is an IPv6 address, and ${shown(peer.name)} has none by which it could reach it: add one to peer.addresses`,
      );
  }
  const tooSmall = fitsMtu(mtu, [...addresses, ...peer.addresses]);
  if (tooSmall) fail(["mtu"], tooSmall);
});

/** What the state file has of a VethPair. */
export const vethState = z.strictObject({ ...args, ...originNotes, peerMacAddress: macAddress.optional() });

export type VethState = z.infer<typeof vethState>;

export type VethArgs = z.infer<typeof vethArgs>;
