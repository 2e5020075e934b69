import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { conditionsOf } from "../../provider/services/endpoint-args.js";
import { type Kind, schemaOf } from "./lifecycles.js";

/** Arguments with their defaults, as they compare; a list of things with names is a map. */
type Wish = { [argument: string]: unknown };
/** Things of a list, by their names. */
class Named extends Map<string, Wish> {}

/** Parsed arguments, without those of all kinds. */
export const parsed = (kind: Kind, { __owner: _, ...args }: Inputs): Inputs => schemaOf(kind).parse(args);

/**
 * What says that a thing is elsewhere, where nobody looks at the rest of it: an end of another name
 * or in another namespace, a chain on another backend.
 */
export const ELSEWHERE = ["peer.name", "backend"];

/**
 * The arguments of a resource in which another wish differs from one, as drift names them. Nothing
 * differs from what the first leaves to the host. `initial` is what the kernel makes the
 * thing with, where that depends on another one.
 */
export function differing(kind: Kind, one: Inputs, other: Inputs, initial: Inputs = {}): string[] {
  const found = differences(wishOf(kind, one), wishOf(kind, other), { ...INITIAL, ...initial }).sort();
  if (found.includes("peer.namespace")) return ["peer.name"];
  const elsewhere = found.find((each) => ELSEWHERE.includes(each));
  return elsewhere === undefined ? found : [elsewhere];
}

function differences(one: Wish, other: Wish, initial: Inputs, prefix = ""): string[] {
  return Object.keys(one).flatMap((key) => {
    const [a, b] = [one[key], other[key]];
    if (a === LEFT || b === KEPT || !(key in other)) return [];
    if (isDeepStrictEqual(a, b === LEFT ? initial[key] : b) || (key === "service" && isSameService(a, b))) return [];
    const of = `${prefix}${key}`;
    return a instanceof Named ? [...inList(a, b, initial, of), ...(b instanceof Named ? [] : [of])] : [of];
  });
}

/** "NAME" is the service of the only NatChain that has one of that name. */
const isSameService = (a: unknown, b: unknown) =>
  [a, b].some((each) => !String(each).includes("/")) && basename(String(a)) === basename(String(b));

function inList(one: Named, other: unknown, initial: Inputs, list: string): string[] {
  const there = other instanceof Named ? other : new Named();
  const inside = [...one].flatMap(([name, wish], at) => {
    const found = there.get(name);
    return found ? differences(wish, found, initial, `${list}[${at}].`) : [`${list}[${at}].name`];
  });
  return [...inside, ...([...there.keys()].some((name) => !one.has(name)) ? [list] : [])];
}

/** What is left to the host where it was not declared before, and is as at first where it was. */
const LEFT = Symbol("left to the host");
const INITIAL: Inputs = { mtu: 1500, addresses: [] };
/** What is derived where it was not declared before, and stays where it was. */
const KEPT = Symbol("derived");
const sorted = (list: unknown) => (list as string[]).toSorted();

const WISHES: Record<Kind, (desired: Inputs) => Wish> = {
  bridge: ({ mtu = LEFT, macAddress = KEPT, addresses, masquerade, forward, ...rest }) => ({
    ...rest,
    mtu,
    macAddress,
    addresses: addresses ? sorted(addresses) : LEFT,
    masquerade: sorted(masquerade),
    forward: forward && familiesIn([...((addresses as string[] | undefined) ?? []), ...(masquerade as string[])]),
  }),
  macvlan: ({ mtu = LEFT, macAddress = KEPT, addresses, ...rest }) => ({
    ...rest,
    mtu,
    macAddress,
    addresses: addresses ? sorted(addresses) : LEFT,
  }),
  netNamespace: ({ sysctls, ...rest }) => ({ ...rest, ...within("sysctls", sysctls as Inputs) }),
  vethPair: ({ mtu = LEFT, macAddress = KEPT, bridge, hairpin = true, addresses, peer, ...rest }) => {
    const { addresses: inside, macAddress: peerMac = KEPT, gateway, routes, namespace, ...end } = peer as Inputs;
    return {
      ...rest,
      mtu,
      macAddress,
      bridge,
      ...(bridge !== undefined && { hairpin }),
      addresses: sorted(addresses),
      ...within("peer", {
        ...end,
        namespace,
        macAddress: peerMac,
        addresses: sorted(inside),
        gateway,
        routes: textsOf(routes),
      }),
    };
  },
  natChain: ({ hooks, services, vipRange, rules, ...rest }) => ({
    ...rest,
    rules: inFamilies(rules as Inputs[]),
    vipRange,
    hooks: sorted(hooks),
    services: named(services, (each) => WISHES.serviceVip(each)),
  }),
  serviceVip: ({
    sessionAffinityTimeoutSeconds: seconds = 10_800,
    ports,
    externalIPs,
    loadBalancerSourceRanges,
    endpoints,
    ...rest
  }) => ({
    ...rest,
    ports: textsOf((ports as Inputs[]).map(({ name: _, ...port }) => port)),
    externalIPs: sorted(externalIPs),
    loadBalancerSourceRanges: sorted(loadBalancerSourceRanges),
    ...(rest.sessionAffinity !== "None" && { sessionAffinityTimeoutSeconds: seconds }),
    endpoints: endpoints && named(endpoints, (each) => WISHES.endpoint(each)),
  }),
  endpoint: ({ name, service, address, ...conditions }) => ({
    name,
    service,
    address,
    ...conditionsOf(conditions as Parameters<typeof conditionsOf>[0]),
  }),
};

const wishOf = (kind: Kind, desired: Inputs): Wish => WISHES[kind](desired);
const textsOf = (list: unknown) =>
  (list as object[]).map((each) => JSON.stringify(each, Object.keys(each).sort())).sort();
const isIp6 = ({ destination }: Inputs) => Number(String(destination).includes(":"));
const inFamilies = (rules: Inputs[]) => rules.toSorted((a, b) => isIp6(a) - isIp6(b));
const within = (argument: string, values: Inputs) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${argument}.${key}`, value]));
const named = (list: unknown, wish: (of: Inputs) => Wish) =>
  new Named(
    ((list as Inputs[] | undefined) ?? []).map((each) => [
      `${each.name} ${String(each.address).includes(":")}`,
      wish(each),
    ]),
  );

function familiesIn(addresses: string[]): string[] {
  const found = [...new Set(addresses.map((each) => (each.includes(":") ? "ip6" : "ip")))].sort();
  return found.length > 0 ? found : ["ip"];
}

/**
 * The arguments that drift names: "endpoints[0].weight" of `endpoints[0] "E1": weight: found 1,
 * declared 3`. Each line begins with the resource.
 */
export const namedIn = (said: string[]): string[] => [...new Set(said.flatMap(namedInLine))].sort();

function namedInLine(line: string): string[] {
  const [, service, rest = ""] = /^(?:\S+: )?\w+ \S+: (?:(services\[\d+\]) "[^"]*": )?(.*)$/.exec(line) ?? [];
  let endpoint: string | undefined;
  return rest.split("; ").map((part) => {
    const [, element, argument = ""] = /^(?:(endpoints\[\d+\]) "[^"]*": )?(ports\b|[^:]*)/.exec(part) ?? [];
    endpoint = element ?? endpoint;
    return [service, endpoint, argument].filter((each) => each !== undefined).join(".");
  });
}
