import { readdirSync, readFileSync } from "node:fs";
import { type HostState, hostState, type Run, runHere } from "../../sandbox/hoststate.js";

/** What the kernel numbers, measures or does in its own time: it tells nothing of what was asked for. */
const VOLATILE =
  /^(ifindex|link_index|link_netnsid|operstate|state|id|no|designated_\w+|root_(id|port|path_cost)|topology_\w+)$/;
const FLAGS = new Set(["LOWER_UP", "NO-CARRIER", "linkdown", "dead"]);

/** Everything of a host and of its network namespaces that stays the same while nobody changes it: two readings compare. */
export async function steadyState(): Promise<Record<string, HostState>> {
  const namespaces = namesIn("/run/netns");
  const states = await Promise.all(
    [undefined, ...namespaces].map(async (netns): Promise<[string, HostState]> => {
      const run: Run = (argv) => runHere(netns ? ["nsenter", `--net=/run/netns/${netns}`, ...argv] : argv);
      return [netns ?? "host", steady(await hostState(run))];
    }),
  );
  return { ...Object.fromEntries(states), files: { "/etc/netns": textsIn("/etc/netns") } };
}

/** A host's state without what the kernel changes by itself (link-local IPv6 comes and goes with the carrier). */
export function steady(state: HostState): HostState {
  return Object.fromEntries(
    Object.entries(state).map(([section, lines]) => [section, lines.flatMap(steadyLine).sort()]),
  );
}

function steadyLine(line: string): string[] {
  if (!line.startsWith("{")) return [line];
  const { dst } = JSON.parse(line) as { dst?: string };
  if (/^(fe80|ff00)::/.test(dst ?? "")) return [];
  return [
    JSON.stringify(JSON.parse(line), (key, value) => {
      if (VOLATILE.test(key)) return undefined;
      if (key === "flags") return (value as string[]).filter((flag) => !FLAGS.has(flag));
      if (key === "addr_info") return (value as { scope: string }[]).filter(({ scope }) => scope !== "link");
      return value;
    }),
  ];
}

function textsIn(folder: string): string[] {
  return namesIn(folder, { recursive: true }).flatMap((name) => {
    try {
      return [`${name}: ${readFileSync(`${folder}/${name}`, "utf8")}`];
    } catch {
      return [name];
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
