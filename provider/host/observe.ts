import { acceptRa, disableIp6, FORWARDING } from "../kernel/family.js";
import type { NamespaceView, NetView, Scope, Snapshot } from "../kernel/snapshot.js";
import type { Machine } from "./machine.js";
import { readClaims } from "./netns-claim.js";
import type { RealChains } from "./nft-tables.js";
import type { Product } from "./product.js";
import { type Reading, readFirewall } from "./read-firewall.js";
import { readNet, type WantedNet } from "./read-net.js";
import { readNamespaceSysctls, readSysctls } from "./sysctls.js";

/** What it takes to read a host. */
export interface Watch {
  machine: Machine;
  chains: RealChains;
  product: Product;
}

/**
 * Reads what `scope` names of a host, or all that this product ever looks at, in a handful of
 * commands however much that is. Namespaces that are `known` are not entered.
 */
export async function observe(
  watch: Watch,
  scope: Scope | "all",
  known: ReadonlyMap<string, NamespaceView> = new Map(),
): Promise<Snapshot> {
  const { exec, files } = watch.machine;
  const { net: wanted, firewall, sysctls: keys, inside } = scope === "all" ? ALL : wantedIn(scope);
  const { namespaces } = wanted;
  const unknown = namespaces === "all" ? namespaces : namespaces.filter((name) => !known.has(name));
  const [net, resolvConfs, rules, sysctls, machineId, readOnly] = await Promise.all([
    readNet(exec, { ...wanted, namespaces: unknown }, watch.product.linkOptions),
    files.readResolvConfs(namespaces),
    firewall ? readFirewall(exec, watch.chains, firewall, watch.product.backends) : NO_FIREWALL,
    readSysctls(exec, keys),
    files.machineId(),
    scope === "all" || scope.readOnly ? files.readOnly() : undefined,
  ]);
  const unclaimed = await readClaims(exec, net);
  const heard = await readSysctls(exec, sysctls.has(FORWARDING.ip6) ? advertised(net) : []);
  await readNamespaceSysctls(exec, net.namespaces, inside);
  for (const [name, view] of known) net.namespaces.set(name, view);
  const unread = new Map([...net.unread, ...unclaimed, ...rules.unread]);
  const all = { ...net, resolvConfs, ...rules, unread, sysctls: new Map([...sysctls, ...heard]), machineId };
  return readOnly ? { ...all, readOnly } : all;
}

/** What is to be read: rules not at all, or in a way. */
interface Wanted {
  net: WantedNet;
  firewall?: Reading;
  sysctls: string[];
  /** Namespace → keys. */
  inside: Map<string, string[]>;
}

/** What turns on what a host has for all. */
export const SWITCHES = [...Object.values(FORWARDING), ...["default", "lo"].map(disableIp6)];

const ALL: Wanted = {
  net: { links: "all", routes: true, namespaces: "all" },
  firewall: {},
  sysctls: SWITCHES,
  inside: new Map(),
};

const wantedIn = ({ links = [], around, renamed, routes = false, namespaces = [], ...scope }: Scope): Wanted => ({
  net: { links: around ? "all" : links, renamed, routes, namespaces },
  firewall: scope.firewall ? scope : undefined,
  sysctls: scope.sysctls ?? [],
  inside: new Map(Object.entries(scope.namespaceSysctls ?? {})),
});

const NO_FIREWALL = { firewall: new Map(), services: new Map(), unread: new Map() };

/**
 * Which routers a host heeds matters where it is to forward. Most have no route of a router.
 */
const advertised = ({ routes }: NetView) =>
  routes.flatMap(({ protocol, dev }) => (protocol === "ra" && dev !== undefined ? [acceptRa(dev)] : []));
