import type { ServiceBackend } from "./backend.js";
import { iptables } from "./iptables/index.js";
import { nftables } from "./nftables/index.js";

/** All backends. Where two of them have a NatChain, the first one counts. */
export const backends: readonly ServiceBackend[] = [nftables as ServiceBackend, iptables as ServiceBackend];

/** The backend of a NatChain that names none. */
export const DEFAULT_BACKEND = "iptables";
