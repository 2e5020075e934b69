import ipaddr from "ipaddr.js";
import { z } from "zod";
import { familyOf } from "./family.js";
import { shown } from "./shown.js";

/**
 * Addresses, networks and destinations of routes of either family, in the form that the kernel's
 * tools print (for IPv6 that of RFC 5952). So another spelling is no other value: "FD00::0001/64"
 * is "fd00::1/64".
 */
type Read = { text: string; problem?: undefined } | { text?: undefined; problem: string };

/** A schema of what `read` takes; its problems are reason and cure, behind the value. */
const parsed = (read: (text: string) => Read) =>
  z.string().transform((text, context) => {
    const { text: canonical, problem } = read(text);
    if (problem === undefined) return canonical;
    context.addIssue(`${shown(text)} ${problem}`);
    return z.NEVER;
  });

/** An address without prefix ("10.0.0.11", "fd00::11"). */
export const ipAddress = parsed((text) => hostOnly(readAddress(text)));

/** One as resolv.conf takes it: in the words of the user, as the file has it. */
export const nameserver = parsed((text) => {
  const { problem } = hostOnly(readAddress(text));
  return problem === undefined ? { text } : { problem };
});

/** The same for what is reached through routers: not link-local, which differs on each link. */
export const routableAddress = parsed((text) => {
  const read = hostOnly(readAddress(text));
  if (read.text === undefined || !isLinkLocal(read.text)) return read;
  return { problem: "is a link-local address, which means nothing without its interface: write one of a network" };
});

/** An interface's address with prefix ("10.0.0.1/24", "fd00::1/64"); host bits may be set. */
export const interfaceAddress = parsed((text) => {
  const read = withPrefix(text);
  if (read.problem !== undefined) return read;
  const only = hostOnly({ text: read.text.split("/")[0]! });
  if (only.problem !== undefined) return only;
  return only.text === "::1" ? { problem: "is the loopback's, which lo has already: leave it out" } : read;
});

/** A network ("10.0.0.0/24", "fd00::/64"): no host bits set. */
export const network = parsed(readNetwork);

/** Where a route leads: a network, or "default" for all, of IPv6 "::/0". */
export const destination = parsed((text) => {
  if (text === "default") return { text };
  const read = readNetwork(text);
  if (read.problem !== undefined) return { problem: `${read.problem}; for all there is, write "default"` };
  return read.text === "0.0.0.0/0" ? { problem: 'is the default route: write "default"' } : read;
});

/** All of IPv6. The kernel's tools say "default" for it too, and for IPv4. */
export const DEFAULT6 = "::/0";

/** fe80::/10: the kernel gives each interface one of them by itself. */
export const isLinkLocal = (address: string) => /^fe[89ab][0-9a-f]:/.test(address);

/** As the kernel's tools print it; what is no address stays as it is. */
export function canonical(address: string): string {
  const [host = "", ...prefix] = address.split("/");
  if (familyOf(host) !== "ip6" || !ipaddr.IPv6.isValid(host)) return address;
  return [ipaddr.IPv6.parse(host).toString(), ...prefix].join("/");
}

function readNetwork(text: string): Read {
  const read = withPrefix(text);
  if (read.problem !== undefined) return read;
  const [address, prefix] = read.text.split("/");
  const lib = familyOf(address!) === "ip6" ? ipaddr.IPv6 : ipaddr.IPv4;
  const base = lib.networkAddressFromCIDR(read.text).toString();
  return base === address ? read : { problem: `is an address within a network: write the network, ${base}/${prefix}` };
}

function withPrefix(text: string): Read {
  const [address = "", prefix, ...rest] = text.split("/");
  const read = readAddress(address);
  if (read.problem !== undefined) return read;
  const [family, usual, most] = familyOf(read.text) === "ip6" ? ["IPv6", 64, 128] : ["IPv4", 24, 32];
  if (prefix === undefined) return { problem: `lacks the prefix length: write ${read.text}/${usual}, say` };
  if (rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > Number(most))
    return { problem: `has no ${family} prefix length: it is a number from 0 to ${most} after the slash` };
  return { text: `${read.text}/${prefix}` };
}

function readAddress(text: string): Read {
  if (text.includes(":") && /^[0-9A-Fa-f:.%\w-]+$/.test(text)) return readIpv6(text);
  if (ipaddr.IPv4.isValidFourPartDecimal(text) && ipaddr.IPv4.parse(text).toString() === text) return { text };
  const ipv4 = "four decimal numbers from 0 to 255 with dots, as in 10.0.0.11";
  if (/^[\d.]+$/.test(text)) return { problem: `is no IPv4 address: write ${ipv4}` };
  return { problem: `is no IP address: write ${ipv4}, or hexadecimal groups with colons, as in fd00::11` };
}

function readIpv6(text: string): Read {
  const zone = text.indexOf("%");
  if (zone >= 0)
    return { problem: `has the zone ${text.slice(zone)}, and its interface is known anyway: leave the zone out` };
  if (!ipaddr.IPv6.isValid(text))
    return { problem: "is no IPv6 address: write hexadecimal groups with colons, as in fd00::11" };
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress())
    return {
      problem: `is an IPv4 address within IPv6, which no packet bears: write ${address.toIPv4Address()}, or another IPv6 address`,
    };
  return { text: address.toString() };
}

/** What one host can have. */
function hostOnly(read: Read): Read {
  if (read.text === "::") return { problem: "stands for no address: write the one that is meant" };
  if (/^ff[0-9a-f]{2}:/.test(read.text ?? ""))
    return { problem: "is a multicast address, which no host has for itself: write a unicast one" };
  return read;
}
