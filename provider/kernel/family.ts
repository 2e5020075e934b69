export type Family = "ip" | "ip6";

/** Of parsed values only those of IPv6 have a colon. */
export const familyOf = (address: string): Family => (address.includes(":") ? "ip6" : "ip");

/** Is an argument of the other family after a change of it? One that is not known yet is not. */
export const changesFamily = (before: unknown, after: unknown): boolean =>
  typeof before === "string" && typeof after === "string" && familyOf(before) !== familyOf(after);

/** "10.0.0.11" → "10.0.0.11/32": a network of one address, as the kernel's tools print it. */
export const single = (address: string) => `${address}/${familyOf(address) === "ip6" ? 128 : 32}`;

/** The address of a network of one, or the network as it is. */
export const unsingle = (network: string) => network.replace(/^([^/:]+)\/32$|^(.*:.*)\/128$/, "$1$2");

/** Address and port as iptables and URLs write them: "[fd00::11]:80". */
export const withPort = (address: string, port: number) =>
  familyOf(address) === "ip6" ? `[${address}]:${port}` : `${address}:${port}`;

/**
 * The address in what withPort wrote, or in an address: one of IPv6 without brackets has no port.
 */
export const withoutPort = (text: string) =>
  /^\[(.*)\]/.exec(text)?.[1] ?? (/:.*:/.test(text) ? text : text.split(":")[0]!);

/** The network of all addresses of a family. A rule of iptables doesn't name it. */
export const EVERYWHERE: Record<Family, string> = { ip: "0.0.0.0/0", ip6: "::/0" };
export const isEverywhere = (network: string) => network === EVERYWHERE.ip || network === EVERYWHERE.ip6;

/** What a host calls itself. */
export const LOOPBACK: Record<Family, string> = { ip: "127.0.0.0/8", ip6: "::1/128" };

export const FAMILIES: readonly Family[] = ["ip", "ip6"];

/** What a host forwards by; that of IPv6 is one of all interfaces, those to come too. */
export const FORWARDING: Record<Family, string> = {
  ip: "net.ipv4.ip_forward",
  ip6: "net.ipv6.conf.all.forwarding",
};

/** Whether an interface hears routers; sysctl(8) has "/" for a dot in its name. */
export const acceptRa = (device: string) => `net.ipv6.conf.${device.replaceAll(".", "/")}.accept_ra`;

/** Whether an interface has no IPv6; a new one takes that of `default`. */
export const disableIp6 = (device: string) => `net.ipv6.conf.${device.replaceAll(".", "/")}.disable_ipv6`;
