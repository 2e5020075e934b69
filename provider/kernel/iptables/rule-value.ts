import ipaddr from "ipaddr.js";

const PROTOCOL: Record<string, string> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp", "132": "sctp" };

/**
 * The one form that all values of the same meaning have; undefined when the value says nothing
 * ("0.0.0.0/0", "::/0", protocol "all"). `option` is the short name.
 */
export function canonicalValue(option: string, value: string): string | undefined {
  switch (option) {
    case "-s":
    case "-d":
      return network(value);
    case "-p":
      return protocol(value.toLowerCase());
    case "--sport":
    case "--dport":
      return ports(value);
    case "--probability":
      // the kernel keeps 31 bits of it and iptables-save prints those
      return String(Math.round(Number(value) * 2 ** 31));
    case "--ctstate":
    case "--state":
      return value.split(",").sort().join(",");
    default:
      return /^0x[0-9a-f]/i.test(value) ? value.toLowerCase() : value;
  }
}

function network(value: string): string | undefined {
  if (value.includes(":")) return network6(value);
  const [address = "", mask = "32"] = value.split("/");
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return value;
  const prefix = mask.includes(".") ? ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() : Number(mask);
  if (prefix === 32) return `${address}/32`;
  if (prefix === 0) return undefined;
  return prefix === null ? value : `${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`)}/${prefix}`;
}

function network6(value: string): string | undefined {
  const [address = "", mask = "128"] = value.split("/");
  if (!ipaddr.IPv6.isValid(address)) return value;
  const prefix = mask.includes(":") ? ipaddr.IPv6.parse(mask).prefixLengthFromSubnetMask() : Number(mask);
  if (prefix === 0) return undefined;
  return prefix === null ? value : `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${prefix}`)}/${prefix}`;
}

function protocol(value: string): string | undefined {
  return value === "all" || value === "0" ? undefined : (PROTOCOL[value] ?? value);
}

function ports(value: string): string {
  const [from, to] = value.split(":");
  if (to === undefined || from === to) return from ?? "";
  return `${from || "0"}:${to || "65535"}`;
}
