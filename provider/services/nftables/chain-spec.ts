import type { Family } from "../spec.js";

/** A NatChain as the nftables backend sees it. */
export interface ChainSpec {
  /** Name of the NatChain. */
  name: string;
  /** The owner's mark. */
  mark: string;
  hooks: ("prerouting" | "output")[];
  /** CIDRs: addresses in them that no service has are dropped. */
  vipRanges: string[];
  /** Plain DNAT rules, before the services. */
  rules: { family: Family; text: string }[];
}
