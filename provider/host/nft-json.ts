import { z } from "zod";
import { HostError, unreadable } from "../kernel/errors.js";
import { type Exec, REHEARSED, succeeded } from "./exec.js";
import { parseJson } from "./tool-output.js";

/** What an object is, is its one key: `rule` and `set` have theirs too. */
const nftObject = z.looseObject({
  metainfo: z.looseObject({}).optional(),
  table: z.looseObject({ family: z.string(), name: z.string() }).optional(),
  chain: z
    .looseObject({
      family: z.string(),
      name: z.string(),
      table: z.string(),
      policy: z.string().optional(),
      type: z.string().optional(),
      hook: z.string().optional(),
      prio: z.number().optional(),
    })
    .optional(),
});
const listing = z.looseObject({ nftables: z.array(nftObject) });

export type NftObject = z.infer<typeof nftObject>;

/** The objects that `nft -j` lists, by as many commands: one line a command. Throws HostError. */
export function parseNft(stdout: string, commands = 1): NftObject[] {
  const lines = stdout.split("\n").filter(Boolean);
  if (lines.length < commands) throw unreadable("nft -j", `it ends after ${lines.length} of ${commands} listings`);
  return lines.flatMap((line) => {
    const { data, error } = listing.safeParse(parseJson("nft -j", line));
    if (!data) throw unreadable("nft -j", z.prettifyError(error));
    return data.nftables;
  });
}

/** What `list` commands of nft print, one after the other. Throws HostError. */
export async function listNft(exec: Exec, ...listings: string[]): Promise<NftObject[]> {
  const argv = ["nft", "-j", listings.join("; ")];
  const finished = await exec(argv);
  return finished === REHEARSED ? [] : parseNft(succeeded(argv, finished).stdout, listings.length);
}

/** The same of one thing; of one that isn't there, nothing. */
export const listIfThere = (exec: Exec, listing: string): Promise<NftObject[]> =>
  listNft(exec, listing).catch((error: unknown) => {
    if (error instanceof HostError && error.code === "not-found") return [];
    throw error;
  });
