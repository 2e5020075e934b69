import { createHash } from "node:crypto";

/**
 * A MAC address that follows from what the interface is. An interface that is healed or replaced
 * keeps it, so neighbours' ARP entries stay right. It is locally administered and unicast (IEEE
 * 802: bits 1 and 0 of the first byte). The machine is part of it, since two hosts with one program
 * may share a wire.
 */
export function derivedMac(...identity: string[]): string {
  const bytes = createHash("sha256").update(JSON.stringify(identity)).digest().subarray(0, 6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
