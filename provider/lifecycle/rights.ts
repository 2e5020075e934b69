import { effectiveCapabilities } from "../host/files.js";
import type { CheckFailure } from "./inputs.js";

/** Bits of linux/capability.h: links, routes and rules need the first, network namespaces the second. */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n };

/** A process keeps what it has. */
let own: Promise<bigint> | undefined;
function ownCapabilities(): Promise<bigint> {
  own ??= effectiveCapabilities();
  return own;
}

/** One failure, before the first step, when this process may not change a host's network. */
export async function checkRights(read: () => Promise<bigint> = ownCapabilities): Promise<CheckFailure[]> {
  const mask = await read();
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
