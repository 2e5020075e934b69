import ipaddr from "ipaddr.js";
import { familyOf } from "./family.js";
import { holds } from "./network.js";
import { shown } from "./shown.js";

/**
 * What an address can't be used for, by what it is. The ranges are those of IANA's registries of
 * special-purpose addresses (iana-ipv4-special-registry, iana-ipv6-special-registry) and of
 * multicast addresses. For services and endpoints those are refused that Kubernetes refuses
 * (`ValidateEndpointIP` in pkg/apis/core/validation), and all of multicast. 240.0.0.0/4 is reserved
 * there, but Linux takes it for unicast, so that it is allowed here.
 */
const SPECIAL: Special[] = [
  { ranges: ["0.0.0.0/8", "::/128"], what: "stands for no host", cure: "write the address that is meant" },
  {
    ranges: ["127.0.0.0/8", "::1/128"],
    what: "is a loopback address, by which each host and namespace reaches just itself",
    own: "is the loopback's, which lo has already",
    cure: "write an address of a network",
  },
  {
    ranges: ["169.254.0.0/16", "fe80::/10"],
    what: "is a link-local address, which means nothing without its interface",
    isLinks: true,
    cure: "write an address of a network",
  },
  {
    ranges: ["224.0.0.0/4", "ff00::/8"],
    what: "is a multicast address, which no host has for itself",
    cure: "write a unicast one",
  },
  { ranges: ["255.255.255.255/32"], what: "is the address of all hosts of a link", cure: "write the address of one" },
];

interface Special {
  ranges: string[];
  what: string;
  /** The same of an interface's own address, where it is put otherwise. */
  own?: string;
  /** Interfaces have it, and next hops are reached by it. */
  isLinks?: true;
  cure: string;
}

/** An argument's path as Pulumi writes it, and what is wrong with its value. */
export interface Misfit {
  property: string;
  reason: string;
  value: unknown;
}

const PARSED = SPECIAL.map((special) => ({ special, networks: special.ranges.map((each) => ipaddr.parseCIDR(each)) }));

/** A bulk of services asks for thousands, so each is parsed once and none is remembered. */
function found(address: string): Special | undefined {
  const parsed = ipaddr.parse(address);
  const isIn = ([network, prefix]: (typeof PARSED)[number]["networks"][number]) =>
    network.kind() === parsed.kind() && parsed.match(network, prefix);
  return PARSED.find(({ networks }) => networks.some(isIn))?.special;
}

/** A judge of the addresses of one argument; each is a value or undefined. */
const judge =
  (reasonOf: (value: string) => string | undefined) =>
  (property: string, value: string | readonly string[] | undefined): Misfit[] =>
    [value ?? []].flat().flatMap((each, at) => {
      const reason = reasonOf(each);
      if (reason === undefined) return [];
      return [
        {
          property: Array.isArray(value) ? `${property}[${at}]` : property,
          reason: `${shown(each)} ${reason}`,
          value: each,
        },
      ];
    });

/** Of a service, or of an endpoint: what clients open, and what they are sent to. */
export const servedMisfits = judge((address) => {
  const special = found(address);
  return special && `${special.what}: ${special.cure}`;
});

/** Why an address is none that a link has; undefined where it may be one. */
function misfitOnLink(address: string): string | undefined {
  const special = found(address);
  return special && !special.isLinks ? `${special.own ?? special.what}: ${special.cure}` : undefined;
}

/** Of a next hop: it may be link-local. */
export const hopMisfits = judge(misfitOnLink);

/**
 * Of an interface, with its prefix: neither the network's own address nor the one of all its hosts.
 * Networks of two addresses and of one have neither (RFC 3021, RFC 6164).
 */
export const interfaceMisfits = judge((text) => {
  const [address = "", prefix] = text.split("/");
  const misfit = misfitOnLink(address);
  if (misfit !== undefined) return misfit;
  const isIp6 = familyOf(address) === "ip6";
  const bits = (isIp6 ? 128 : 32) - Number(prefix);
  if (bits < 2) return undefined;
  const lib = isIp6 ? ipaddr.IPv6 : ipaddr.IPv4;
  if (lib.networkAddressFromCIDR(text).toString() === address)
    return `is the address of the network itself${isIp6 ? ", which means any of its routers (RFC 4291)" : ""}: write one within it`;
  if (!isIp6 && ipaddr.IPv4.broadcastAddressFromCIDR(text).toString() === address)
    return "is the address of all hosts of the network: write one within it";
  return undefined;
});

/** Of a range of services. */
export const rangeMisfits = judge((network) => {
  for (const { ranges, what } of SPECIAL)
    for (const range of ranges.filter((each) => familyOf(each) === familyOf(network))) {
      if (holds(range, network)) return `${what}: choose a network of unicast addresses`;
      if (holds(network, range))
        return `holds ${range}, of which each address ${what}: choose a smaller one, for services alone`;
    }
  return undefined;
});
