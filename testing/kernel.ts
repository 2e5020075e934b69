import type { RunResult } from "../sandbox/command.js";

/** A link as `ip -json -details address` shows it, without what comes and goes by itself (carrier, timers, link-local addresses). */
export interface Link {
  ifname: string;
  mtu: number;
  /** MAC address */
  address: string;
  /** `UP` and others of ip-link(8). */
  flags: string[];
  /** The bridge that it is a port of. */
  master?: string;
  addr_info: Address[];
  [other: string]: unknown;
}

/** An address of a link. */
export interface Address {
  family: "inet" | "inet6";
  local: string;
  prefixlen: number;
  scope: string;
  [other: string]: unknown;
}

/** A route as `ip -json route show table all` shows it. */
export interface Route {
  /** A CIDR, an address or `default`. */
  dst: string;
  gateway?: string;
  dev?: string;
  /** Absent: the main table. */
  table?: string;
  flags: string[];
  [other: string]: unknown;
}

/** What one network namespace holds. */
export interface NetworkState {
  /** By name. */
  links: Record<string, Link>;
  /** Of IPv4 and IPv6, of all tables. */
  routes: Route[];
  /** The lines of `iptables-save` with their table, in order, without counters: `nat -A PREROUTING -j DUSTIN-SERVICES`. */
  iptables: string[];
  /** The same of `ip6tables-save`. */
  ip6tables: string[];
  /** The objects of `nft -j list ruleset`, without handles; those of iptables-nft are among them. */
  nftables: Record<string, unknown>[];
  /** `net.ipv4.ip_forward` and the settings of each link that decide about forwarding. */
  sysctls: Record<string, string>;
}

/** What the kernel of a host holds. Two readings are equal when nothing has changed. */
export interface Kernel extends NetworkState {
  /** The network namespaces that have a name, and what each holds. */
  namespaces: Record<string, NetworkState>;
  /** Files below /etc/netns, with their text. */
  files: Record<string, string>;
}

const PARTS = {
  address: "ip -json -details address",
  route: "ip -json route show table all",
  route6: "ip -json -6 route show table all",
  iptables: "iptables-save",
  ip6tables: "ip6tables-save",
  nft: "nft --json --stateless list ruleset",
  sysctl:
    "grep -rH '' /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf --include=ip_forward --include=forwarding --include=rp_filter --include=route_localnet",
  files: "[ ! -d /etc/netns ] || grep -rH '' /etc/netns",
};
type Part = keyof typeof PARTS;

/** Prints each part behind a line with its name, in one process tree a namespace. What isn't there to be asked has nothing to say. */
const LOOK = Object.entries(PARTS)
  .map(([name, command]) => `printf '\\036%s\\n' ${name}; ${command} 2>/dev/null`)
  .join("\n");

/** Reads the state of a host. */
export async function readKernel(run: (argv: readonly string[]) => Promise<RunResult>): Promise<Kernel> {
  const look = async (enter: readonly string[] = []) => partsOf((await run([...enter, "sh", "-c", LOOK])).stdout);
  const [{ stdout }, host] = await Promise.all([run(["sh", "-c", "ls /run/netns 2>/dev/null"]), look()]);
  const names = linesOf(stdout);
  const inner = names.map(async (name) => [name, networkState(await look(["nsenter", `--net=/run/netns/${name}`]))]);
  return {
    ...networkState(host),
    namespaces: Object.fromEntries(await Promise.all(inner)),
    files: textsByFile(host.files),
  };
}

function partsOf(output: string): Record<Part, string> {
  const parts = output.split("\x1e").slice(1);
  return Object.fromEntries(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end), part.slice(end + 1)];
    }),
  ) as Record<Part, string>;
}

function networkState(parts: Record<Part, string>): NetworkState {
  const links = json<Link[]>(parts.address, []);
  const { nftables } = json<{ nftables: Record<string, unknown>[] }>(parts.nft, { nftables: [] });
  return {
    links: Object.fromEntries(links.map((link) => [link.ifname, lasting(link)])),
    routes: [...json<Route[]>(parts.route, []), ...json<Route[]>(parts.route6, [])]
      .filter(isAskedFor)
      .map((route) => ({ ...route, flags: withoutCarrier(route.flags) })),
    iptables: savedRules(parts.iptables),
    ip6tables: savedRules(parts.ip6tables),
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

const json = <T>(text: string, none: T): T =>
  text.trim() === "" ? none : JSON.parse(text, (key, value) => (VARYING.test(key) ? undefined : value));

function savedRules(text: string): string[] {
  let table = "";
  return linesOf(text).flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    return /^[:-]/.test(line) ? [`${table} ${line.replace(/ ?\[\d+:\d+\]/, "")}`] : [];
  });
}

function textsByFile(text: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const line of linesOf(text)) {
    const [, file, content] = /^([^:]+):(.*)$/.exec(line)!;
    files[file!] = `${files[file!] ?? ""}${content}\n`;
  }
  return files;
}
