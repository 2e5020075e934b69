import { createHash } from "node:crypto";
import type { Family } from "../../kernel/family.js";
import type { EndpointSpec, ServiceSpec } from "../../kernel/service-spec.js";
import { eligible, withoutEligible } from "../eligible.js";
import { policyOf, type Way, waysOf } from "../frontends.js";
import { ANY, chainItem, element, mapItem, TABLE } from "./item.js";
import { type Dispatch, dispatchChains, type Memory, memoryMap, rememberChain } from "./names.js";
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
  const { family } = service;
  const { protocol, dport, port } = way;
  const key = wayKey(way, family);
  const endpoints = eligible(service.endpoints, policyOf(way, service));
  const slots = slotsOf(endpoints);
  for (const [slot, endpoint] of slots.entries())
    items.set(element(`${protocol}-endpoints`, key[0]!, dport, slot), `${endpoint} . ${port.targetPort}`);
  for (const endpoint of endpoints) items.set(element("hairpin", endpoint.address, endpoint.address), "");
  if (way.kind !== "vip")
    for (const remote of endpoints.filter(isRemote)) items.set(element("remote", ...key, remote.address), "");

  const sources = withoutContained(way.sources);
  for (const source of sources) items.set(element("sources", ...key, source), "");
  const verdict = slots.length > 0 ? undefined : withoutEligible(service.endpoints);
  if (verdict === "DROP" || (verdict && sources.length === 0)) {
    items.set(element("services", ...key), verdict === "DROP" ? "drop" : "goto refused");
    return;
  }
  const memory = service.affinitySeconds !== undefined && slots.length > 0 ? memoryOf(way, service) : undefined;
  const dispatch: Dispatch = {
    protocol,
    frontend: way.kind === "node" ? "node" : "vip",
    slots: slots.length,
    ...(memory && { sticky: { memory, targetPort: port.targetPort } }),
    limited: sources.length > 0,
  };
  const chains = dispatchChains(dispatch);
  for (const chain of chains) items.set(chainItem(chain), sharedPrint(chain, family));
  items.set(element("services", ...key), `goto ${chains[0]}`);
  if (memory) addMemory(items, service, key, memory);
}

function addMemory(items: Map<string, string>, service: ServiceSpec, key: (string | number)[], memory: Memory): void {
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
export function memoryOf(way: Way, service: ServiceSpec): Memory {
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
