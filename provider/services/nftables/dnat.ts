import { type Family, familyOf } from "../../kernel/family.js";
import type { Dnat, Protocol } from "../../kernel/service-spec.js";

/** A DNAT rule in nft's words. */
export function nftRule({ destination, protocol, destinationPort, toDestination }: Dnat): {
  family: Family;
  text: string;
} {
  const family = familyOf(destination);
  const at = destinationPort === undefined ? "" : ` th dport ${destinationPort}`;
  return { family, text: `${family} daddr ${destination} meta l4proto ${protocol}${at} dnat to ${toDestination}` };
}

const RULE = /^ip6? daddr (\S+) meta l4proto (tcp|udp|sctp)(?: th dport (\d+))? dnat to (\S+)$/;

/** What such a text says; undefined for another. */
export function parseRule(text: string): Dnat | undefined {
  const [, destination, protocol, port, toDestination] = RULE.exec(text) ?? [];
  if (destination === undefined || toDestination === undefined) return undefined;
  return {
    destination,
    protocol: protocol as Protocol,
    ...(port !== undefined && { destinationPort: Number(port) }),
    toDestination,
  };
}
