import { z } from "zod";
import { interfaceAddress, network } from "../kernel/address.js";
import { FAMILIES, type Family, familyOf } from "../kernel/family.js";
import { fitsMtu, ifname, listOnce, macAddress, mtu } from "../kernel/values.js";
import { originNotes } from "../ownership/notes.js";
import { forwardNotes } from "./ip-forward.js";

const args = {
  name: ifname,
  addresses: listOnce(interfaceAddress).optional(),
  mtu: mtu.optional(),
  macAddress: macAddress.optional(),
  stp: z.boolean().default(false),
  vlanFiltering: z.boolean().default(false),
  promiscuous: z.boolean().default(false),
  forward: z.boolean().default(false),
  masquerade: listOnce(network).default([]),
};

/** The arguments of a Bridge. */
export const bridgeArgs = z.strictObject(args).superRefine(({ mtu, addresses = [] }, issue) => {
  const message = fitsMtu(mtu, addresses);
  if (message) issue.addIssue({ code: "custom", path: ["mtu"], message });
});

export type BridgeArgs = z.infer<typeof bridgeArgs>;

/** What the state file has of a Bridge. */
export const bridgeState = z.strictObject({ ...args, ...originNotes, ...forwardNotes });

export type BridgeState = z.infer<typeof bridgeState>;

/**
 * The families that it forwards: those that it has addresses of or masquerades, and IPv4 where it
 * has none.
 */
export function forwarded({ forward, addresses = [], masquerade }: BridgeArgs): Family[] {
  if (!forward) return [];
  const found = FAMILIES.filter((family) => [...addresses, ...masquerade].some((each) => familyOf(each) === family));
  return found.length > 0 ? found : ["ip"];
}
