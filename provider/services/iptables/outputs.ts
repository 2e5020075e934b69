import { FAMILIES, type Family, familyOf } from "../../kernel/family.js";
import { type Firewall, tableOf } from "../../kernel/iptables/ruleset.js";
import type { Acting } from "../../kernel/service-change.js";
import { originOutputs, type Place } from "../../ownership/origin.js";
import type { Named } from "../backend.js";
import { endpointChainName, prefixOf, serviceChainName } from "../chain-name.js";
import type { PlaceNotes } from "../notes.js";
import { parseKey } from "../state.js";

/** The places of a NatChain's rules in one family's tables. */
export function placesOf({ chain, declared, carried = [] }: Named, family: Family): Place[] {
  const isIn = (address: string) => familyOf(address) === family;
  const serves = carried.some(({ address }) => isIn(address));
  const hasRules = declared?.rules.some(({ destination }) => isIn(destination));
  const inNat = family === "ip" || serves || hasRules ? [...(declared?.hooks ?? []), chain] : [];
  return [
    ...inNat.map((each): Place => ({ table: tableOf(family, "nat"), chain: each })),
    ...(serves || declared?.vipRanges.some(isIn) ? [{ table: tableOf(family, "filter"), chain }] : []),
  ];
}

/**
 * A table that holds nothing but the chain that is taken over goes with it: for what comes into it,
 * it was not there before.
 */
function asFound(firewall: Firewall, chain: string, { adopt, memory }: Acting): Firewall {
  const isAlone = (name: string) => firewall.get(name)?.size === 1 && firewall.get(name)?.has(chain);
  const taken = adopt && !memory ? (["nat", "ip6 nat"] as const).filter(isAlone) : [];
  return new Map([...firewall].filter(([name]) => !taken.some((each) => each === name)));
}

/**
 * `chainName`: the chain of the service or the endpoint; `serviceChainName`: the one that leads to
 * the endpoint's.
 */
export function iptablesOutputs(firewall: Firewall, thing: Named, by: Acting): PlaceNotes {
  const { chain, service, endpoint, families } = thing;
  const origin = (places: Place[], of = firewall) =>
    originOutputs(places, { firewall: of }, { previous: by.memory && { ...by.memory } });
  if (thing.declared)
    return origin(
      FAMILIES.flatMap((family) => placesOf(thing, family)),
      asFound(firewall, chain, by),
    );
  const prefix = prefixOf(chain);
  const serviceChain = serviceChainName(prefix, parseKey(service ?? "").name);
  if (endpoint === undefined) {
    const places = families.flatMap((family) =>
      (["nat", "filter"] as const).map((table): Place => ({ table: tableOf(family, table), chain })),
    );
    return { chainName: serviceChain, newTables: origin(places).newTables };
  }
  const endpointChain = endpointChainName(prefix, parseKey(endpoint).name);
  const places = families.map((family): Place => ({ table: tableOf(family, "nat"), chain: endpointChain }));
  return { chainName: endpointChain, serviceChainName: serviceChain, newTables: origin(places).newTables };
}
