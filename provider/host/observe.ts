import { acceptRa, FORWARDING } from "../kernel/family.js";
import type { NamespaceView, NetView, Scope, Snapshot } from "../kernel/snapshot.js";
import type { Machine } from "./machine.js";
import { readClaims } from "./netns-claim.js";
import type { RealChains } from "./nft-tables.js";
import { readFirewall } from "./read-firewall.js";
import { readNet } from "./read-net.js";
import { readNamespaceSysctls, readSysctls } from "./sysctls.js";

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
      renamed: !all && scope.renamed,
      routes: all || (scope.routes ?? false),
      namespaces: namespaces === "all" ? namespaces : namespaces.filter((name) => !known.has(name)),
    }),
    files.readResolvConfs(namespaces),
    all || scope.firewall ? readFirewall(exec, chains, all ? {} : scope) : NO_FIREWALL,
    readSysctls(exec, all ? Object.values(FORWARDING) : (scope.sysctls ?? [])),
    files.machineId(),
  ]);
  const unclaimed = await readClaims(exec, net.namespaces);
  const heard = await readSysctls(exec, sysctls.has(FORWARDING.ip6) ? advertised(net) : []);
  if (!all) await readNamespaceSysctls(exec, net.namespaces, new Map(Object.entries(scope.namespaceSysctls ?? {})));
  for (const [name, view] of known) net.namespaces.set(name, view);
  const unread = new Map([...net.unread, ...unclaimed, ...firewalls.unread]);
  return { ...net, resolvConfs, ...firewalls, unread, sysctls: new Map([...sysctls, ...heard]), machineId };
}

const NO_FIREWALL = { firewall: new Map(), services: new Map(), unread: new Map() };

/** Which routers a host goes by is a matter of who wants it to forward; most have no route of theirs. */
const advertised = ({ routes }: NetView) =>
  routes.flatMap(({ protocol, dev }) => (protocol === "ra" && dev !== undefined ? [acceptRa(dev)] : []));
