import { z } from "zod";
import { interfaceAddress, network } from "../kernel/address.js";
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
