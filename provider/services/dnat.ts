import { z } from "zod";
import { ipAddress, network } from "../kernel/address.js";
import { familyOf, single, unsingle, withoutPort, withPort } from "../kernel/family.js";
import type { Dnat } from "../kernel/service-spec.js";
import { shown } from "../kernel/shown.js";
import { port as portSchema } from "../kernel/values.js";
import { protocol } from "./service-port.js";

/** "10.0.0.11:8080", "[fd00::11]:8080" or an address alone, in its canonical form. */
const target = z.string().transform((text, issue) => {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*|[^[\]]*:[^[\]]*:[^[\]]*))(?::([^:\]]*))?$/.exec(text) ?? [];
  const { data: address, error } = ipAddress.safeParse(bracketed ?? plain ?? text);
  for (const { message } of error?.issues ?? []) issue.addIssue(message);
  if (address === undefined) return z.NEVER;
  if (port === undefined) return address;
  if (/^\d{1,5}$/.test(port) && portSchema.safeParse(Number(port)).success) return withPort(address, Number(port));
  issue.addIssue(
    `${shown(text)} has no port after the colon: write a number from 1 to 65535, as in ${withPort(address, 8080)}`,
  );
  return z.NEVER;
});

/** What a plain DNAT rule is written as: iptables' words, in camel case. */
export const dnatSchema = z
  .strictObject({
    /**
     * An address or a network: "10.100.100.100" or "10.100.0.0/16". A network of one is an address.
     */
    destination: z.string().transform((text, issue) => {
      const { data, error } = (text.includes("/") ? network : ipAddress).safeParse(text);
      for (const { message } of error?.issues ?? []) issue.addIssue(message);
      return data === undefined ? z.NEVER : unsingle(data);
    }),
    protocol,
    destinationPort: portSchema.optional(),
    /** Where it leads; without a port the port stays. */
    toDestination: target,
  })
  .superRefine(({ destination, toDestination }, issue) => {
    if (familyOf(destination) !== familyOf(withoutPort(toDestination)))
      issue.addIssue({
        code: "custom",
        path: ["toDestination"],
        message: `${toDestination} is of the other family than ${destination}: name an address of the same one`,
      });
  });

/** A rule in iptables' words, which people know. */
export const shownDnat = (rule: Dnat): string => dnatWords(rule).join(" ");

export function dnatWords(
  { destination, protocol, destinationPort, toDestination }: Dnat,
  comment: string[] = [],
): string[] {
  const to = destination.includes("/") ? destination : single(destination);
  const at = destinationPort === undefined ? [] : ["--dport", String(destinationPort)];
  return ["-d", to, "-p", protocol, "-m", protocol, ...at, ...comment, "-j", "DNAT", "--to-destination", toDestination];
}
