import { z } from "zod";
import type { Rule } from "./ruleset.js";
import { protocol } from "./service-port.js";
import type { Family } from "./service-spec.js";
import { shown } from "./shown.js";
import { ipv4, network4, port } from "./values.js";

/** What a plain DNAT rule is written as: iptables' words, in camel case. */
export const dnatSchema = z.strictObject({
  /** An address or a network: "10.100.100.100" or "10.100.0.0/16". */
  destination: z.string().superRefine((text, issue) => {
    const found = (text.includes("/") ? network4 : ipv4).safeParse(text);
    for (const { message } of found.error?.issues ?? []) issue.addIssue(message);
  }),
  protocol,
  destinationPort: port.optional(),
  /** "10.0.0.11:8080", or an address alone: then the port stays. */
  toDestination: z.string().superRefine((text, issue) => {
    const [address = "", toPort, ...rest] = text.split(":");
    const parsed = ipv4.safeParse(rest.length > 0 ? text : address);
    for (const { message } of parsed.error?.issues ?? []) issue.addIssue(message);
    if (parsed.success && toPort !== undefined && !(/^\d{1,5}$/.test(toPort) && port.safeParse(Number(toPort)).success))
      issue.addIssue(
        `${shown(text)} has no port after the colon: write a number from 1 to 65535, as in ${address}:8080`,
      );
  }),
});

export type Dnat = z.infer<typeof dnatSchema>;

/** The same rule in nft's words. */
export function nftRule({ destination, protocol, destinationPort, toDestination }: Dnat): {
  family: Family;
  text: string;
} {
  const family = destination.includes(":") ? "ip6" : "ip";
  const at = destinationPort === undefined ? "" : ` th dport ${destinationPort}`;
  return { family, text: `${family} daddr ${destination} meta l4proto ${protocol}${at} dnat to ${toDestination}` };
}

export function dnatRule({ destination, protocol, destinationPort, toDestination }: Dnat, comment: string[]): Rule {
  const to = destination.includes("/") ? destination : `${destination}/32`;
  const at = destinationPort === undefined ? [] : ["--dport", String(destinationPort)];
  const match = ["-d", to, "-p", protocol, "-m", protocol, ...at];
  return { spec: [...match, ...comment, "-j", "DNAT", "--to-destination", toDestination] };
}
