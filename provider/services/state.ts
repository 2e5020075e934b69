import type { Family } from "../kernel/family.js";
import type { ServiceChange, ServiceState } from "../kernel/service-change.js";
import type { ChainSpec, EndpointSpec, ServiceSpec } from "../kernel/service-spec.js";
import { shownOnce, waysOf } from "./frontends.js";

/** What a NatChain holds, on whichever backend. Read from the kernel's own notes. */
export interface ChainState {
  name: string;
  /** Undefined where nothing says what the chain is. */
  spec?: ChainSpec;
  /** By their keys. */
  services: Map<string, ServiceState>;
  /** Address → how many services answer at it. */
  addresses: Map<string, number>;
  /** Key of an endpoint → keys of the services that have one of that name. */
  holders: Map<string, ReadonlySet<string>>;
  /** A frontend as `shownOnce` has it → keys of the services that answer there. */
  frontends: Map<string, ReadonlySet<string>>;
}

/** A name is there once in a family: "WEB" of IPv4, "ip6 WEB" of IPv6. */
export const keyOf = ({ family, name }: { family: Family; name: string }): string =>
  family === "ip6" ? `ip6 ${name}` : name;

/** The family and the name that a key says. */
export const parseKey = (key: string): { family: Family; name: string } =>
  key.startsWith("ip6 ") ? { family: "ip6", name: key.slice("ip6 ".length) } : { family: "ip", name: key };

export const emptyState = (name: string): ChainState => ({
  name,
  services: new Map(),
  addresses: new Map(),
  holders: new Map(),
  frontends: new Map(),
});

/** Sets of keys are shared by copies: they are replaced, never changed. */
export const copyState = <S extends ChainState>(state: S): S => ({
  ...state,
  services: new Map(state.services),
  addresses: new Map(state.addresses),
  holders: new Map(state.holders),
  frontends: new Map(state.frontends),
});

/** Makes a change in place. */
export function changeState(state: ChainState, change: ServiceChange): void {
  if ("service" in change) setService(state, change.service, change.state);
  else if (change.chain) state.spec = change.chain;
  else Object.assign(state, emptyState(state.name), { spec: undefined });
}

/** Puts a service in place of the one that has its key, or takes that away. */
export function setService(state: ChainState, key: string, after: ServiceState | null): void {
  const before = state.services.get(key);
  if (before) index(state, key, before, -1);
  if (after) {
    state.services.set(key, after);
    index(state, key, after, 1);
  } else state.services.delete(key);
}

function index(state: ChainState, key: string, of: ServiceState, by: 1 | -1): void {
  const keep = by === 1 ? include : exclude;
  const { endpoints, addresses, frontends } = indexOf(of);
  for (const each of endpoints) keep(state.holders, each, key);
  for (const each of addresses) count(state.addresses, each, by);
  for (const each of frontends) keep(state.frontends, each, key);
}

interface Indexed {
  endpoints: string[];
  addresses: string[];
  frontends: string[];
}

// A service is never changed, only replaced, and most are in the next state as well.
const indexed = new WeakMap<ServiceState, Indexed>();

function indexOf(of: ServiceState): Indexed {
  const { family, service, endpoints } = of;
  const found = indexed.get(of) ?? {
    endpoints: endpoints.map(({ name }) => keyOf({ family, name })),
    addresses: service ? addressesOf(service) : [],
    frontends: service ? waysOf(service).map((way) => shownOnce(way, family)) : [],
  };
  indexed.set(of, found);
  return found;
}

function include(index: Map<string, ReadonlySet<string>>, key: string, member: string): void {
  index.set(key, new Set(index.get(key)).add(member));
}

function exclude(index: Map<string, ReadonlySet<string>>, key: string, member: string): void {
  const left = new Set(index.get(key));
  left.delete(member);
  if (left.size > 0) index.set(key, left);
  else index.delete(key);
}

/** Counts in a map, where nothing is no entry. */
export function count(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + by;
  if (now > 0) counts.set(key, now);
  else counts.delete(key);
}

/** Where a service answers; of one that has lost the rules of its address that is not known. */
export const addressesOf = ({ address, externalIPs }: Pick<ServiceSpec, "address" | "externalIPs">): string[] =>
  [address, ...externalIPs].filter((each) => each !== "");

/** As declared; undefined where only endpoints are left. */
export const specOf = (chain: string, { family, service, endpoints }: ServiceState): ServiceSpec | undefined =>
  service && { ...service, chain, family, endpoints };

/**
 * A service as a host has it, when it is as declared. The names of ports are nobody's concern
 * there.
 */
export function stateOf({ chain: _, family, endpoints, ...service }: ServiceSpec): ServiceState {
  const ports = service.ports.map(({ name: _, ...port }) => port);
  return { name: service.name, family, service: { ...service, ports }, endpoints };
}

/** The endpoints of one name, and the services that have them. */
export function holdersOf(
  state: ChainState,
  endpoint: string,
): { key: string; held: ServiceState; found: EndpointSpec }[] {
  const { name } = parseKey(endpoint);
  return [...(state.holders.get(endpoint) ?? [])].flatMap((key) => {
    const held = state.services.get(key);
    const found = held?.endpoints.find((each) => each.name === name);
    return held && found ? [{ key, held, found }] : [];
  });
}
