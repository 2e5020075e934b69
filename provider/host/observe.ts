import type { Link, NamespaceView, NetView, Scope, Snapshot } from "../model/snapshot.js";
import { withBatchFiles } from "./batch-files.js";
import { type Exec, failure, must } from "./exec.js";
import { listNamespaces, machineId, readResolvConfs } from "./files.js";
import { jsonLines, parseAddrs, parseRoutes } from "./ip-json.js";
import { readFirewall } from "./iptables.js";

const IP_READ = ["ip", "-force", "-d", "-j", "-batch", "-"];
const WHOLE_NAMESPACE = "addr show\nroute show\n";

/** Reads what `scope` names of a host, or all that this product ever looks at, in a handful of commands however much that is. */
export async function observe(exec: Exec, scope: Scope | "all"): Promise<Snapshot> {
  const all = scope === "all";
  const wanted = all ? await listNamespaces() : (scope.namespaces ?? []);
  const [net, namespaces, resolvConfs, firewall, sysctls, machine] = await Promise.all([
    all ? readNet(exec) : readLinks(exec, scope.links ?? [], scope.routes ?? false),
    readNamespaces(exec, wanted),
    readResolvConfs(all ? "all" : wanted),
    all || scope.firewall ? readFirewall(exec) : new Map(),
    readSysctls(exec, all ? ["net.ipv4.ip_forward"] : (scope.sysctls ?? [])),
    machineId(),
  ]);
  if (!all) await readNamespaceSysctls(exec, namespaces, scope.namespaceSysctls ?? {});
  return { ...net, namespaces, resolvConfs, firewall, sysctls, machineId: machine };
}

async function readNet(exec: Exec): Promise<NetView> {
  const stdout = await must(exec, IP_READ, { input: WHOLE_NAMESPACE });
  const [addrs = [], routes = []] = jsonLines(stdout);
  return { links: byName(parseAddrs(addrs)), routes: parseRoutes(routes) };
}

/** Single links, so that a change costs what it touches and not what the host has. A missing one is an error line, and no more. */
async function readLinks(exec: Exec, names: string[], withRoutes: boolean): Promise<NetView> {
  if (names.length === 0 && !withRoutes) return { links: new Map(), routes: [] };
  const lines = [...new Set(names)].map((name) => `addr show dev ${name}`);
  const { stdout } = await exec(IP_READ, { input: `${(withRoutes ? ["route show", ...lines] : lines).join("\n")}\n` });
  const arrays = jsonLines(stdout);
  const routes = withRoutes ? parseRoutes(arrays.shift() ?? []) : [];
  return { links: byName(arrays.flatMap(parseAddrs)), routes };
}

async function readNamespaces(exec: Exec, wanted: string[]): Promise<Map<string, NamespaceView>> {
  for (let tries = 0; ; tries++) {
    const present = new Set(await listNamespaces());
    const names = [...new Set(wanted)].filter((name) => present.has(name));
    if (names.length === 0) return new Map();
    const stdout = await withBatchFiles([WHOLE_NAMESPACE], async ([file]) => {
      const input = names.map((name) => `netns exec ${name} ip -d -j -batch ${file}`).join("\n");
      return (await exec(["ip", "-force", "-batch", "-"], { input: `${input}\n` })).stdout;
    });
    const arrays = jsonLines(stdout);
    // Each namespace prints two arrays and no name. One that vanished meanwhile would shift the rest: read again.
    if (arrays.length === 2 * names.length) {
      return new Map(
        names.map((name, index) => [
          name,
          {
            links: byName(parseAddrs(arrays[2 * index])),
            routes: parseRoutes(arrays[2 * index + 1]),
            sysctls: new Map<string, string>(),
          },
        ]),
      );
    }
    if (tries === 3)
      throw failure(["ip", "netns", "exec"], "the network namespaces kept changing while they were read");
  }
}

async function readSysctls(exec: Exec, keys: string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const { stdout } = await exec(["sysctl", "-e", ...new Set(keys)]);
  return parseSysctls(stdout);
}

async function readNamespaceSysctls(
  exec: Exec,
  views: Map<string, NamespaceView>,
  wanted: Record<string, string[]>,
): Promise<void> {
  await Promise.all(
    Object.entries(wanted).map(async ([name, keys]) => {
      const view = views.get(name);
      if (!view || keys.length === 0) return;
      const { stdout } = await exec(["ip", "netns", "exec", name, "sysctl", "-e", ...keys]);
      view.sysctls = parseSysctls(stdout);
    }),
  );
}

function parseSysctls(stdout: string): Map<string, string> {
  const pairs = stdout.split("\n").map((line) => line.split(" = ") as [string, string?]);
  return new Map(
    pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, value.trim().replace(/\s+/g, " ")] as const])),
  );
}

const byName = (links: Link[]) => new Map(links.map((link) => [link.name, link]));
