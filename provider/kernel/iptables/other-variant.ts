import type { Firewall } from "./ruleset.js";

/**
 * iptables has two variants, and a kernel goes through the rules of both. `iptables` is one of
 * them, by the distribution's choice or an administrator's (update-alternatives). What was made
 * while it was the other one is still there, and `iptables` doesn't show it.
 */
export type VariantName = `${"iptables" | "ip6tables"}-${"nft" | "legacy"}`;

/** The rules of the variant which `iptables` (or `ip6tables`) is not. */
export interface OtherVariant {
  used: VariantName;
  other: VariantName;
  firewall: Firewall;
}
