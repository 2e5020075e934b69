import { createHash } from "node:crypto";
import type { Family } from "../../kernel/family.js";
import type { EndpointSpec, ServiceSpec } from "../../kernel/service-spec.js";
import { eligible, withoutEligible } from "../eligible.js";
import { policyOf, type Way, waysOf } from "../frontends.js";
import { ANY, chainItem, element, mapItem, TABLE } from "./item.js";
import { type ClientMemory, type Dispatch, dispatchChains, memoryMap, rememberChain } from "./names.js";
import { sharedPrint } from "./shared-chain.js";
import { slotsOf } from "./slots.js";
import { withoutContained } from "./sources.js";

/**
 * What a service is in the tables besides its notes: map elements, and the chains shared by all
 * services of its kind that they lead to. Flat means that a packet meets a fixed number of look-ups
 * however many services there are: `services` says for (address, protocol, port) which chain draws
 * among how many slots, and PROTOCOL-endpoints says for (address, port, slot) where that is.
 */
export function serviceItems(service: ServiceSpec): Map<string, string> {
  const items = new Map([
    [TABLE, ""],
    [element("vips", service.address), ""],
  ]);
  for (const way of waysOf(service)) addWay(items, service, way);
  return items;
}

/** How elements name a way: address, protocol, port. */
export const wayKey = ({ address, protocol, dport }: Way, family: Family) => [address ?? ANY[family], protocol, dport];

function addWay(items: Map<string, string>, service: ServiceSpec, way: Way): void {
  const key = wayKey(way, service.family);
  const endpoints = eligible(service.endpoints, policyOf(way, service));
  const slots = addEndpoints(items, service, way, endpoints);
  const sources = withoutContained(way.sources);
  for (const source of sources) items.set(element("sources", ...key, source), "");
  const verdict = slots > 0 ? undefined : withoutEligible(service.endpoints);
  if (verdict === "DROP") items.set(element("services", ...key), "drop");
  else if (verdict && sources.length === 0) items.set(element("services", ...key), "goto refused");
  else addDispatch(items, service, way, { slots, limited: sources.length > 0 });
}

/** Where the slots of a way lead; returns how many there are. */
function addEndpoints(
  items: Map<string, string>,
  service: ServiceSpec,
  way: Way,
  endpoints: EndpointSpec[],
): Dispatch["slots"] {
  const key = wayKey(way, service.family);
  const slots = slotsOf(endpoints);
  for (const [slot, endpoint] of slots.entries())
    items.set(element(`${way.protocol}-endpoints`, key[0]!, way.dport, slot), `${endpoint} . ${way.port.targetPort}`);
  for (const endpoint of endpoints) items.set(element("hairpin", endpoint.address, endpoint.address), "");
  if (way.kind !== "vip")
    for (const remote of endpoints.filter(isRemote)) items.set(element("remote", ...key, remote.address), "");
  return slots.length;
}

/** The chains that draw a slot, and the map that remembers it. */
function addDispatch(
  items: Map<string, string>,
  service: ServiceSpec,
  way: Way,
  { slots, limited }: Pick<Dispatch, "slots" | "limited">,
): void {
  const { family, affinitySeconds } = service;
  const key = wayKey(way, family);
  const memory = affinitySeconds !== undefined && slots > 0 ? memoryOf(way, service) : undefined;
  const chains = dispatchChains({
    protocol: way.protocol,
    frontend: way.kind === "node" ? "node" : "vip",
    slots,
    ...(memory && { sticky: { memory, targetPort: way.port.targetPort } }),
    limited,
  });
  for (const chain of chains) items.set(chainItem(chain), sharedPrint(chain, family));
  items.set(element("services", ...key), `goto ${chains[0]}`);
  if (memory) addMemory(items, service, key, memory);
}

function addMemory(
  items: Map<string, string>,
  service: ServiceSpec,
  key: (string | number)[],
  memory: ClientMemory,
): void {
  const { family, affinitySeconds = 0 } = service;
  const chain = rememberChain(affinitySeconds, memory);
  items.set(chainItem(chain), sharedPrint(chain, family));
  items.set(element("sticky", ...key), `jump ${chain}`);
  if (family === "ip6") items.set(mapItem(memoryMap(memory)), "");
}

/** Its answer would not come back through this host unless it was asked in this host's name. */
const isRemote = ({ local }: EndpointSpec) => !local;

/**
 * Where it is remembered which client went where. A client stays with its endpoint on every port of
 * a service: so all ways by one address have one memory, that of the first of them. IPv4 has one
 * map for all. nft before 1.0.7 can't add to a map with IPv6 addresses in a concatenation (it
 * aborts, or mixes registers up), so for IPv6 each memory has a map of its own, from one address to
 * one address.
 */
export function memoryOf(way: Way, service: ServiceSpec): ClientMemory {
  const first = firstBeside(way, service);
  if (service.family === "ip") return { protocol: first.protocol, port: first.dport };
  const id = wayKey(first, service.family).join(" ");
  return { id: createHash("sha256").update(id).digest("hex").slice(0, 12) };
}

/** The first of the ways by the same address as this one. */
function firstBeside({ kind, address }: Way, service: ServiceSpec): Way {
  const beside = waysOf(service).filter((each) => each.kind === kind && each.address === address);
  const order = ({ protocol, dport }: Way) => `${protocol} ${String(dport).padStart(5, "0")}`;
  return beside.reduce((first, each) => (order(each) < order(first) ? each : first));
}
