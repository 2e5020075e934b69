import type { CheckFailure } from "./inputs.js";

/** Bits of linux/capability.h. Links, routes and rules need the first, namespaces the second. */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n };

/**
 * One failure, before the first step, when this process may not change a host's network; `mask` are
 * its effective capabilities.
 */
export function checkRights(mask: bigint): CheckFailure[] {
  const missing = Object.entries(NEEDED).flatMap(([name, bit]) => ((mask >> bit) & 1n ? [] : [name]));
  if (missing.length === 0) return [];
  const who = process.getuid?.() === 0 ? "this root user" : `user ${process.getuid?.()}`;
  return [
    {
      property: "",
      reason: `${who} may not change this machine's network (missing: ${missing.join(", ")}): run as root, with sudo -E for example; nothing was touched`,
    },
  ];
}
