import { z } from "zod";
import { unreadable } from "../errors.js";
import type { Exec } from "./exec.js";
import { parseJson } from "./tool-output.js";

/** What an object is, is its one key: `rule` and `set` have theirs too. */
const nftObject = z.looseObject({
  metainfo: z.looseObject({}).optional(),
  table: z.looseObject({ family: z.string(), name: z.string() }).optional(),
  chain: z
    .looseObject({ family: z.string(), name: z.string(), table: z.string(), policy: z.string().optional() })
    .optional(),
});
const listing = z.looseObject({ nftables: z.array(nftObject) });

export type NftObject = z.infer<typeof nftObject>;

/** The objects that `nft -j` lists: one line a command. Throws HostError. */
export function parseNft(stdout: string): NftObject[] {
  return stdout
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => {
      const { data, error } = listing.safeParse(parseJson("nft -j", line));
      if (!data) throw unreadable("nft -j", z.prettifyError(error));
      return data.nftables;
    });
}

/** What a `list` command of nft prints; undefined where it fails, be it that there is no such thing or no nft. */
export async function listNft(exec: Exec, listing: string): Promise<NftObject[] | undefined> {
  const { stdout, exitCode } = await exec(["nft", "-j", listing]).catch(() => ({ stdout: "", exitCode: 1 }));
  return exitCode === 0 ? parseNft(stdout) : undefined;
}
