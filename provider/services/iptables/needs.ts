import { FAMILIES, type Family } from "../../kernel/family.js";
import { tableOf } from "../../kernel/iptables/ruleset.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import type { Need } from "../../kernel/unreadable.js";
import type { Named } from "../backend.js";
import { endpointChainName, masqueradeChainName, outsideChainName, prefixOf, serviceChainName } from "../chain-name.js";
import { parseKey } from "../state.js";
import { placesOf } from "./outputs.js";

/** The chains in which the rules of a service are, or that they lead to. */
const serviceWords = (chain: string, name: string): string[] => {
  const own = serviceChainName(prefixOf(chain), name);
  return [chain, masqueradeChainName(chain), own, outsideChainName(own)];
};

const tablesOf = (family: Family) => (["nat", "filter"] as const).map((table) => tableOf(family, table));

/** What has to be read of iptables' tables to know of a thing. */
export function iptablesNeeds(host: Snapshot, thing: Named, certain: boolean): Need[] {
  const { chain, service, endpoint, families } = thing;
  if (thing.declared) return chainNeeds(host, thing, certain);
  const words = endpoint
    ? [endpointChainName(prefixOf(chain), parseKey(endpoint).name), masqueradeChainName(chain)]
    : serviceWords(chain, parseKey(service ?? "").name);
  const tables = [...(endpoint ? [] : ["nat"]), ...families.flatMap(tablesOf)];
  return tables.map((of) => ({ of, words }));
}

/**
 * A chain that is in a family's tables already, or that changes its backend, may have services of
 * others there.
 */
function chainNeeds({ firewall }: Snapshot, thing: Named, certain: boolean): Need[] {
  const { chain, carried = [], moves } = thing;
  const endpointWords = (names: { name: string }[]) =>
    names.map(({ name }) => endpointChainName(prefixOf(chain), name));
  const inside = carried.flatMap((each) => [...serviceWords(chain, each.name), ...endpointWords(each.endpoints)]);
  const words = [...new Set([chain, masqueradeChainName(chain), ...inside])];
  const tables = FAMILIES.flatMap((family): string[] => {
    const isThere = tablesOf(family).some((table) => firewall.get(table)?.has(chain));
    if (moves || isThere) return tablesOf(family);
    return certain ? placesOf(thing, family).map(({ table }) => table) : [];
  });
  return [...new Set(tables)].map((of) => ({ of, words }));
}
