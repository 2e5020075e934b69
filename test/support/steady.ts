import { readdirSync, readFileSync } from "node:fs";
import { output } from "./host.js";

/**
 * What the kernel numbers, measures or changes by itself (with STP it shortens ageing_time for a
 * while).
 */
const VOLATILE =
  /^(ifindex|ageing_time|link_index|tentative|optimistic|link_netnsid|operstate|state|id|no|designated_\w+|root_(id|port|path_cost)|topology_\w+|\w+_timer|[gt]s?r?o_\w+|\w+_life_time)$/;
const FLAGS = new Set(["LOWER_UP", "NO-CARRIER", "linkdown"]);

/** All that is looked at, in one process tree for a host: this is read thousands of times. */
const LOOK = `
for family in -4 -6; do printf 'link show\naddr show\nroute show table all\nrule show\n' | ip $family -details -json -batch -; done
iptables-save
ip6tables-save | sed 's/^/6 /'
nft list tables | grep hostnet- | while read -r _ family table; do nft --stateless list table "$family" "$table"; done
grep -rH "" /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf --include=ip_forward --include=forwarding --include=rp_filter --include=route_localnet
`;

/** iptables makes all built-in chains of a table when somebody changes one by hand. */
const BUILT_IN = "nft list chains | grep -vE '^table|^}'\n";

/**
 * All that a host and its network namespaces have of the kinds that this product makes, by the
 * tools of the system, as lines. Two readings are equal while nobody changes anything. hostState()
 * sees more, and takes five times as long.
 */
export async function steadyState({ builtIn = false } = {}): Promise<Record<string, string[]>> {
  const places = [undefined, ...namesIn("/run/netns")].map(async (netns): Promise<[string, string[]]> => {
    const enter = netns ? ["nsenter", `--net=/run/netns/${netns}`] : [];
    const text = await output([...enter, "sh", "-c", builtIn ? BUILT_IN + LOOK : LOOK]);
    return [netns ?? "host", text.split("\n").flatMap(steadyLines).sort()];
  });
  return { ...Object.fromEntries(await Promise.all(places)), files: textsIn("/etc/netns") };
}

/** The notes for namespaces that are being made: after a kill they stay as long as these. */
export const claimNotes = (): string[] => namesIn("/run").filter((name) => name.startsWith("pulumi-hostnet.netns."));

function steadyLines(line: string): string[] {
  if (line.startsWith("[")) return (JSON.parse(line) as Entry[]).filter(isAsked).map(steadyJson);
  // iptables-save prints the built-in chains of a table, there or not
  if (/^(6 )?([#*]|COMMIT)| ACCEPT \[/.test(line)) return [];
  // Elements of nft's sets stand in whatever order
  const element = line
    .trim()
    .replace(/^elements = \{ /, "")
    .replace(/(,| \})$/, "");
  return [element.replace(/ \[\d+:\d+\]$/, "")];
}

interface Entry {
  dst?: string;
  addr_info?: { local?: string }[];
}

/**
 * The kernel gives each interface that is up a link-local IPv6 address made of its MAC address, and
 * routes for it. When, it decides itself.
 */
const AUTOMATIC = /^fe80::.*ff:fe|^fe80::(\/64)?$|^ff00::\/8$/;
const isAsked = ({ dst = "", addr_info: [first, ...rest] = [] }: Entry) =>
  !AUTOMATIC.test(dst) && !(rest.length === 0 && AUTOMATIC.test(first?.local ?? ""));

const steadyJson = (object: Entry): string =>
  JSON.stringify(object, (key, value) => {
    if (VOLATILE.test(key) || (key === "link" && /^if\d+$/.test(String(value)))) return undefined;
    if (key === "addr_info") return (value as { local?: string }[]).filter(({ local = "" }) => !AUTOMATIC.test(local));
    return key === "flags" ? (value as string[]).filter((flag) => !FLAGS.has(flag)) : value;
  });

function textsIn(folder: string): string[] {
  return namesIn(folder, { recursive: true }).map((name) => {
    try {
      return `${name}: ${readFileSync(`${folder}/${name}`, "utf8")}`;
    } catch {
      return name; // a folder
    }
  });
}

function namesIn(folder: string, options: { recursive?: boolean } = {}): string[] {
  try {
    return (readdirSync(folder, options) as string[]).sort();
  } catch {
    return [];
  }
}
