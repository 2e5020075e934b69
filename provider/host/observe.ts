import { acceptRa, FORWARDING } from "../model/family.js";
import type { NamespaceView, NetView, Scope, Snapshot } from "../model/snapshot.js";
import type { Exec } from "./exec.js";
import { type RealChains, readFirewall } from "./iptables.js";
import type { Machine } from "./machine.js";
import { readClaims } from "./netns-claim.js";
import { readNet } from "./read-net.js";

/**
 * Reads what `scope` names of a host, or all that this product ever looks at, in a handful of commands however much that is. Namespaces that are `known`
 * are not entered.
 */
export async function observe(
  machine: Machine,
  scope: Scope | "all",
  chains: RealChains,
  known: ReadonlyMap<string, NamespaceView> = new Map(),
): Promise<Snapshot> {
  const { exec, files } = machine;
  const all = scope === "all";
  const namespaces = all ? "all" : (scope.namespaces ?? []);
  const [net, resolvConfs, firewalls, sysctls, machineId] = await Promise.all([
    readNet(exec, {
      links: all ? "all" : (scope.links ?? []),
      routes: all || (scope.routes ?? false),
      namespaces: namespaces === "all" ? namespaces : namespaces.filter((name) => !known.has(name)),
    }),
    files.readResolvConfs(namespaces),
    all || scope.firewall
      ? readFirewall(exec, chains, !all && scope.ip6)
      : { firewall: new Map(), natTables: new Map() },
    readSysctls(exec, all ? Object.values(FORWARDING) : (scope.sysctls ?? [])),
    files.machineId(),
  ]);
  await readClaims(exec, net.namespaces);
  const heard = await readSysctls(exec, sysctls.has(FORWARDING.ip6) ? advertised(net) : []);
  if (!all) await readNamespaceSysctls(machine, net.namespaces, new Map(Object.entries(scope.namespaceSysctls ?? {})));
  for (const [name, view] of known) net.namespaces.set(name, view);
  return { ...net, resolvConfs, ...firewalls, sysctls: new Map([...sysctls, ...heard]), machineId };
}

/** Which routers a host goes by is a matter of who wants it to forward; most have no route of theirs. */
const advertised = ({ routes }: NetView) =>
  routes.flatMap(({ protocol, dev }) => (protocol === "ra" && dev !== undefined ? [acceptRa(dev)] : []));

async function readSysctls(exec: Exec, keys: string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const { stdout } = await exec(["sysctl", "-e", ...new Set(keys)]);
  return parseSysctls(stdout);
}

/** There in every kernel, so that each namespace's answer begins with it. */
const FIRST = "kernel.ostype";

/** Adds keys to what is known of namespaces, by one process of ours. Most have none declared, and those need no reading. */
export async function readNamespaceSysctls(
  { exec }: Machine,
  views: Map<string, NamespaceView>,
  wanted: Map<string, string[]>,
): Promise<void> {
  const asked = [...wanted].filter(([name, keys]) => views.has(name) && keys.length > 0);
  if (asked.length === 0) return;
  const input = asked.map(([name, keys]) => `netns exec ${name} sysctl -e ${FIRST} ${keys.join(" ")}\n`).join("");
  const { stdout } = await exec(["ip", "-force", "-batch", "-"], { input });
  const answers = stdout.split(`${FIRST} = `).slice(1);
  // One vanished meanwhile, and nobody can tell which: what isn't known is set again.
  if (answers.length !== asked.length) return;
  for (const [at, [name]] of asked.entries()) {
    const view = views.get(name)!;
    view.sysctls = new Map([...view.sysctls, ...parseSysctls(answers[at]!)]);
  }
}

function parseSysctls(stdout: string): Map<string, string> {
  const pairs = stdout.split("\n").map((line) => line.split(" = ") as [string, string?]);
  return new Map(
    pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, value.trim().replace(/\s+/g, " ")] as const])),
  );
}
