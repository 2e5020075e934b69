import type { Firewall } from "./ruleset.js";

/**
 * iptables has two backends, and a kernel goes through the rules of both: `iptables` is one of
 * them, by the distribution's choice or an administrator's (update-alternatives). What was made
 * while it was the other one is still there, and nobody sees it.
 */
export type Backend = `${"iptables" | "ip6tables"}-${"nft" | "legacy"}`;

/** The rules that the one which `iptables` (or `ip6tables`) is not has. */
export interface OtherBackend {
  used: Backend;
  other: Backend;
  firewall: Firewall;
}
