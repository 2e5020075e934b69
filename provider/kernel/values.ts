import { z } from "zod";
import { shown } from "./shown.js";

/**
 * Every name and value is parsed here, once, into something that cannot be wrong. Each message
 * gives the value, the reason and the cure. The path of the zod issue is the argument. Nothing that
 * passes holds white space, quotes or a slash where one would mean something. So a value can stand
 * in an `ip -batch` line or a rule as it is.
 */
/**
 * Linux takes 1 to 15 bytes without slash, colon or white space (`dev_valid_name`). Characters that
 * tools misread are refused too.
 */
export const ifname = z.string().superRefine((name, issue) => {
  const bytes = Buffer.byteLength(name);
  if (bytes > 15)
    issue.addIssue(
      `${shown(name)} has ${bytes} bytes, but an interface name holds at most 15: shorten it by ${bytes - 15}`,
    );
  else if (name === "." || name === ".." || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name))
    issue.addIssue(
      `${shown(name)} is no interface name: use 1 to 15 letters, digits, "_", "-" and ".", not starting with "-" or "."`,
    );
  else if (["all", "default", "lo"].includes(name))
    issue.addIssue(`${shown(name)} means something else to the kernel: choose another interface name`);
});

/** A name under /run/netns, so a file name. */
export const namespaceName = z.string().superRefine((name, issue) => {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(name))
    issue.addIssue(
      `${shown(name)} is no name for a network namespace: use 1 to 64 letters, digits, "_", "-" and ".", starting with a letter, digit or "_"`,
    );
});

/** A list without duplicates, which the kernel doesn't take; `key` tells elements apart. */
export function listOnce<T extends z.ZodType>(each: T, key = (value: z.infer<T>): unknown => value) {
  return z.array(each).superRefine((values, issue) => {
    const keys = values.map(key);
    for (const twice of new Set(keys.filter((value, at) => keys.indexOf(value) !== at)))
      issue.addIssue(`${shown(twice)} is listed twice: list each once`);
  });
}

/** One of some words. */
export const words = <const T extends string[]>(...values: T) =>
  z.enum(values, {
    error: ({ input }) => `${shown(input)} is not ${values.map(shown).join(" or ")}: write one of these`,
  });

/** A TCP or UDP port, 1 to 65535. */
export const port = z.number().superRefine((value, issue) => {
  if (!Number.isInteger(value) || value < 1 || value > 65535)
    issue.addIssue(`${value} is no port: it is a whole number from 1 to 65535`);
});

/** Bytes; the kernel's limits for Ethernet-like links (68 is the least that IPv4 allows). */
export const mtu = z.number().superRefine((value, issue) => {
  if (!Number.isInteger(value) || value < 68 || value > 65535)
    issue.addIssue(`${value} is no MTU: it is a whole number of bytes from 68 to 65535`);
});

/** The least that IPv6 takes (RFC 8200). */
export const LEAST_MTU6 = 1280;

/** What is wrong with an MTU and these addresses; undefined when nothing is. */
export function fitsMtu(value: number | undefined, addresses: string[]): string | undefined {
  const ipv6 = addresses.find((each) => each.includes(":"));
  if (value === undefined || value >= LEAST_MTU6 || ipv6 === undefined) return undefined;
  return `${value} is too small for ${ipv6}: IPv6 takes no link of less than ${LEAST_MTU6} bytes (RFC 8200), so write ${LEAST_MTU6} or more`;
}

/** A unicast MAC address, lower case with colons ("02:00:5e:10:00:01"). */
export const macAddress = z.string().superRefine((text, issue) => {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text))
    issue.addIssue(
      `${shown(text)} is no MAC address: write six hexadecimal bytes with colons, as in 02:00:5e:10:00:01`,
    );
  else if (Number.parseInt(text.slice(0, 2), 16) & 1)
    issue.addIssue(`${shown(text)} is a multicast address, which no interface can have: make its first byte even`);
  else if (/^[0:]+$/.test(text))
    issue.addIssue(`${shown(text)} is all zero, which no interface can have: choose another, or leave it out`);
});

/** A sysctl in dotted form ("net.ipv4.conf.all.rp_filter"). */
export const sysctlKey = z.string().superRefine((key, issue) => {
  // sysctl(8) has "/" for a dot in an interface's name, and "//" for "..", which climbs out of net
  if (!/^net\.[a-z0-9_]+(\.[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*)+$/.test(key))
    issue.addIssue(
      `${shown(key)} is no sysctl of a network namespace: write one under "net.", dotted, as in net.ipv4.ip_forward`,
    );
});

/** What a sysctl can be set to here: words and numbers. */
export const sysctlValue = z
  .union([z.string(), z.number()], {
    error: ({ input }) => `${shown(input)} is no value for a sysctl: write a number, or words in quotes`,
  })
  .transform((value) => String(value).replaceAll("\t", " "))
  .superRefine((value, issue) => {
    if (!/^[A-Za-z0-9_.:,-]+( [A-Za-z0-9_.:,-]+)*$/.test(value))
      issue.addIssue(
        `${shown(value)} is no value for a sysctl: write words and numbers, with single spaces or commas between`,
      );
  });

/** A DNS domain ("cluster.local"). */
export const domain = z.string().superRefine((text, issue) => {
  if (
    text.length > 253 ||
    !/^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?$/.test(text)
  )
    issue.addIssue(`${shown(text)} is no domain name: labels of letters, digits and "-", joined by dots`);
});
