import type { Context } from "../definition.js";
import { familyOf } from "../kernel/family.js";
import { tableOf } from "../kernel/iptables/ruleset.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Need } from "../kernel/unreadable.js";
import { masqueradeChainName, outsideChainName, prefixOf, serviceChainName } from "./chain-name.js";
import type { ServiceArgs } from "./service-args.js";
import type { Family } from "./spec.js";

/** What has to be known of nftables by what is on it, or was by the state file. */
export const NEEDS_NFT: Need[] = [{ of: "nft", words: [] }];

/** The chains in which the rules of a service are, or that they lead to. */
export const serviceWords = (chain: string, name: string): string[] => {
  const own = serviceChainName(prefixOf(chain), name);
  return [chain, masqueradeChainName(chain), own, outsideChainName(own)];
};

const tablesOf = (family: Family, words: string[]): Need[] =>
  (["nat", "filter"] as const).map((table) => ({ of: tableOf(family, table), words }));

/** By the state file a thing is on nftables: on iptables it has noted its chain. */
const fromNftables = ({ previous }: Context): Need[] =>
  previous !== undefined && typeof previous.chainName !== "string" ? NEEDS_NFT : [];

/**
 * What a service has to know: nothing of iptables where its NatChain is on nftables. IPv4's table
 * nat tells on which backend that is.
 */
export function serviceNeeds(
  { chain, name, address }: Pick<ServiceArgs, "chain" | "name" | "address">,
  { natTables }: Snapshot,
  context: Context,
): Need[] {
  if (natTables.get(chain)?.spec) return [];
  const words = serviceWords(chain, name);
  return [...fromNftables(context), { of: "nat", words }, ...tablesOf(familyOf(address), words)];
}

/** The same of an endpoint on iptables, by its chain ("DUSTIN-SEP-HTTP1"). */
export function endpointNeeds(chain: string, family: Family, context: Context): Need[] {
  const prefix = chain.slice(0, Math.max(chain.indexOf("-SEP-"), 0));
  return [...fromNftables(context), ...tablesOf(family, [chain, masqueradeChainName(prefix)])];
}
