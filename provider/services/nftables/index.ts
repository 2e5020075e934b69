import type { ServiceState } from "../../kernel/service-change.js";
import { shown } from "../../kernel/shown.js";
import { mustBeOurs } from "../../ownership/refuse.js";
import type { ServiceBackend, Wanted } from "../backend.js";
import { mustNotBeBeside } from "../other-variant.js";
import { holdersOf, parseKey } from "../state.js";
import { chainOtherwise, endpointOtherwise, serviceOtherwise } from "./drift.js";
import { parseItem } from "./item.js";
import { nft } from "./nft-tables.js";
import { tableName } from "./script.js";
import { mustBeFew } from "./slots.js";
import {
  changeNatTable,
  copyNatTable,
  heldItems,
  isThere,
  type NatTable,
  type NatTables,
  natTable,
  normal,
} from "./table.js";

const NAME = "nftables";

/** For whom tables were made: those of others are copied before they are changed. */
const own = new WeakMap<NatTables, object>();

function otherwise(table: NatTable | undefined, wanted: Wanted): string {
  if (!table) return "";
  if ("chain" in wanted) return chainOtherwise(table, wanted.chain);
  const { endpoint, whole } = wanted;
  const service = normal(wanted.service);
  if (endpoint !== undefined) return endpointOtherwise(table, service, endpoint);
  const said = serviceOtherwise(table, service);
  if (said !== "" || !whole) return said;
  return service.endpoints.map(({ name }) => endpointOtherwise(table, service, name)).find(Boolean) ?? "";
}

/** What of a service's has been put there by hand. */
function byHand(table: NatTable | undefined, held: ServiceState): string | undefined {
  if (!table) return undefined;
  const [items, uses] = [table.items[held.family], table.uses[held.family]];
  return [...heldItems(held).keys()].find(
    (item) => item.startsWith("element services ") && items.has(item) && !uses.has(item),
  );
}

/**
 * A table of its own for each NatChain and family, whose look-ups cost the same however many
 * services there are.
 */
export const nftables: ServiceBackend<NatTables> = {
  name: NAME,
  tools: { nftables: ["nft"] },
  inFirewall: false,
  nft,
  of: ({ services }) => (services.get(NAME) as NatTables | undefined) ?? new Map(),
  on: (host, kernel) => {
    const services = new Map(host.services).set(NAME, kernel);
    if (kernel.size === 0) services.delete(NAME);
    return { ...host, services };
  },

  names: (tables) => tables.keys(),
  state: (tables, chain) => tables.get(chain),
  serves: (tables, chain) => tables.get(chain)?.spec !== undefined,
  whose: (tables, { chain, service, endpoint }) => {
    const table = tables.get(chain);
    const of = (what: string, marks: string[]) => ({ what, marks, content: marks });
    if (!table) return undefined;
    if (endpoint !== undefined) {
      const marks = holdersOf(table, endpoint).map(({ found }) => found.mark);
      return marks.length > 0 ? of(`endpoint ${parseKey(endpoint).name} of ${chain}`, marks) : undefined;
    }
    if (service === undefined) return of(`table ${tableName(chain)}`, table.spec ? [table.spec.mark] : []);
    const found = table.services.get(service)?.service;
    return found && of(`service ${chain}/${found.name}`, [found.mark]);
  },
  inside: (tables, chain) =>
    [...(tables.get(chain)?.services ?? [])].map(([key, { name, service, endpoints }]) => ({
      what: `the service ${chain}/${name}`,
      mark: service?.mark ?? endpoints[0]?.mark,
      service: key,
    })),

  apply: (tables, changes, owner = {}) => {
    const mine = own.get(tables) === owner;
    const after = mine ? tables : new Map([...tables].map(([name, table]) => [name, copyNatTable(table)]));
    own.set(after, owner);
    for (const { chain, change } of changes) {
      const table = after.get(chain) ?? natTable(chain);
      changeNatTable(table, change);
      if (isThere(table)) after.set(chain, table);
      else after.delete(chain);
    }
    return after;
  },
  otherwise: (tables, chain, wanted) => otherwise(tables.get(chain), wanted),
  missing: (_tables, { chain, service, endpoint }) =>
    endpoint === undefined
      ? `no service in ${chain}`
      : service === undefined
        ? "no endpoint"
        : `no endpoint ${parseKey(endpoint).name}`,
  mustFit: (tables, chain, wanted, context) => {
    mustBeFew(`service ${chain}/${wanted.name}`, wanted.endpoints);
    const item = context.previous ? undefined : byHand(tables.get(chain), wanted);
    if (item !== undefined) mustBeOurs(`element { ${parseItem(item).key} } of map services`, undefined, context);
  },
  unsettled: () => [],
  remains: () => false,
  // Its rules come before routing.
  routeType: () => "unicast",

  problems: ({ hooks }) => {
    const other = hooks.find((hook) => hook === "INPUT" || hook === "POSTROUTING");
    if (other === undefined) return [];
    const message = `${shown(other)} comes too late to change where a packet goes: use PREROUTING and OUTPUT on nftables`;
    return [{ argument: "hooks", message }];
  },
  needs: (_host, _thing, certain) => (certain ? [{ of: "nft", words: [] }] : []),
  // What this stack has there is for a removal on iptables to see.
  mustBeAlone: (host, thing, context) => context ?? mustNotBeBeside(host, thing),
  /** `natChain`: the NatChain, for when only the state file knows which it was. */
  outputs: (_tables, { chain, endpoint }) => (endpoint === undefined ? {} : { natChain: chain }),
  isNoted: ({ natChain }) => natChain !== undefined,
  notedChains: ({ natChain }) => (natChain === undefined ? [] : [natChain]),
};
