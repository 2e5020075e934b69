import { z } from "zod";
import { interfaceAddress } from "../kernel/address.js";
import { fitsMtu, ifname, listOnce, macAddress, mtu, words } from "../kernel/values.js";
import { originNotes } from "../ownership/notes.js";

const args = {
  name: ifname,
  link: ifname,
  mode: words("bridge", "private", "vepa", "passthru").default("bridge"),
  addresses: listOnce(interfaceAddress).optional(),
  mtu: mtu.optional(),
  macAddress: macAddress.optional(),
};

/** The arguments of a Macvlan. */
export const macvlanArgs = z.strictObject(args).superRefine(({ name, link, mode, ...given }, issue) => {
  const fail = (argument: string, message: string) => issue.addIssue({ code: "custom", path: [argument], message });
  if (link === name) fail("link", `"${link}" is this interface itself: name the one that it is on top of`);
  if (mode === "passthru" && given.macAddress !== undefined)
    fail(
      "macAddress",
      `${given.macAddress} would become that of ${link}, with which a macvlan in mode passthru shares its own: leave it out, or take another mode`,
    );
  const tooSmall = fitsMtu(given.mtu, given.addresses ?? []);
  if (tooSmall) fail("mtu", tooSmall);
});

export type MacvlanArgs = z.infer<typeof macvlanArgs>;

/** What the state file has of a Macvlan. */
export const macvlanState = z.strictObject({ ...args, ...originNotes });

export type MacvlanState = z.infer<typeof macvlanState>;
