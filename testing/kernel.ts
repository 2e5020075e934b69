import type { RunResult } from "../sandbox/command.js";
import { type Parts, parsePart, readNamespaceNames, readParts, savedRules } from "./kernel-parts.js";

/**
 * A link as `ip -json -details address` shows it, with all that it shows besides. Left out is what
 * comes and goes by itself: carrier, timers, and link-local addresses.
 */
export interface Link {
  /** Its name. */
  ifname: string;
  /** Its MTU in bytes. */
  mtu: number;
  /** Its MAC address. */
  address: string;
  /** `UP` and others of ip-link(8). */
  flags: string[];
  /** Name of the bridge that it is a port of. Absent: it is none. */
  master?: string;
  /** Its addresses. */
  addr_info: Address[];
  [other: string]: unknown;
}

/** An address of a link, with all that `ip` shows of it besides. */
export interface Address {
  /** `inet` is IPv4, `inet6` is IPv6. */
  family: "inet" | "inet6";
  /** The address without prefix length, `"10.0.0.1"`. */
  local: string;
  /** Its prefix length in bits. */
  prefixlen: number;
  /** `global`, `host`, and others of ip-address(8). */
  scope: string;
  [other: string]: unknown;
}

/** A route as `ip -json route show table all` shows it, with all that it shows besides. */
export interface Route {
  /** Where it leads: a network `"10.0.0.0/24"`, an address, or `"default"`. */
  dst: string;
  /** Its next hop. Absent: `dst` is reached directly. */
  gateway?: string;
  /** Name of the link that it leads over. Absent: over none, as a blackhole's. */
  dev?: string;
  /** Its table. Absent: the main one. */
  table?: string;
  /** `onlink` and others of ip-route(8). */
  flags: string[];
  [other: string]: unknown;
}

/** What one network namespace holds. */
export interface NetworkState {
  /** Its links by name. */
  links: Record<string, Link>;
  /** Its routes of both families and of all tables. */
  routes: Route[];
  /**
   * Lines of `iptables-save` in their order, each behind its table and without counters:
   * `nat -A PREROUTING -j DUSTIN-SERVICES`.
   */
  iptables: string[];
  /** Lines of `ip6tables-save`, in the same way. */
  ip6tables: string[];
  /** Objects of `nft --json list ruleset` without handles; those of iptables-nft are among them. */
  nftables: Record<string, unknown>[];
  /** `net.ipv4.ip_forward`, and the settings of each link that decide about forwarding. */
  sysctls: Record<string, string>;
}

/** What the kernel of a host holds. Two readings are equal where nothing has changed. */
export interface Kernel extends NetworkState {
  /** Its network namespaces by name. */
  namespaces: Record<string, NetworkState>;
  /** Names in /run/netns that lead to no network namespace. */
  deadNames: string[];
  /** Text of the files below /etc/netns by path. */
  files: Record<string, string>;
}

/** Reads the state of a host. Throws with the command that can't tell. */
export async function readKernel(run: (argv: readonly string[]) => Promise<RunResult>): Promise<Kernel> {
  const [names, host] = await Promise.all([readNamespaceNames(run), readParts(run)]);
  const inner = names.alive.map(async (name) => [
    name,
    networkState(await readParts(run, [`nsenter`, `--net=/run/netns/${name}`])),
  ]);
  return {
    ...networkState(host),
    namespaces: Object.fromEntries(await Promise.all(inner)),
    deadNames: names.dead,
    files: textsByFile(host.files),
  };
}

function networkState(parts: Parts): NetworkState {
  const links = parsePart<Link[]>(parts, "address", lastingValue);
  const { nftables } = parsePart<{ nftables: Record<string, unknown>[] }>(parts, "nft", lastingValue);
  const routes = (["route", "route6"] as const).flatMap((part) => parsePart<Route[]>(parts, part, lastingValue));
  return {
    links: Object.fromEntries(links.map((link) => [link.ifname, lasting(link)])),
    routes: routes.filter(isAskedFor).map((route) => ({ ...route, flags: withoutCarrier(route.flags) })),
    iptables: savedRules(parts, "iptables"),
    ip6tables: savedRules(parts, "ip6tables"),
    nftables: nftables.filter((object) => !("metainfo" in object)),
    sysctls: Object.fromEntries(
      linesOf(parts.sysctl)
        .map((line) => /^\/proc\/sys\/([^:]+):(.*)$/.exec(line))
        .map((match) => [match![1]!.replaceAll("/", "."), match![2]!])
        .sort(),
    ),
  };
}

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");

/** What the kernel counts, measures or does in its own time. */
const VARYING = /_life_time$|^expires$|_timer$|^handle$|^topology_|^(operstate|state|tentative)$/;
const CARRIER = ["LOWER_UP", "NO-CARRIER", "M-DOWN", "linkdown"];

const withoutCarrier = (flags: readonly string[]) => flags.filter((flag) => !CARRIER.includes(flag));

const lasting = (link: Link): Link => ({
  ...link,
  flags: withoutCarrier(link.flags),
  // The kernel gives each link one, a second after it came up.
  addr_info: link.addr_info.filter(({ family, scope }) => family === "inet" || scope !== "link"),
});

/** The routes of link-local addresses come and go with them. */
const isAskedFor = ({ dst, protocol }: Route) => protocol !== "kernel" || !/^(fe80|ff)/.test(dst);

const lastingValue = (key: string, value: unknown) => (VARYING.test(key) ? undefined : value);

function textsByFile(text: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const line of linesOf(text)) {
    const [, file, content] = /^([^:]+):(.*)$/.exec(line)!;
    files[file!] = `${files[file!] ?? ""}${content}\n`;
  }
  return files;
}
