import type { Context } from "../../definition.js";
import { Refusal } from "../../kernel/errors.js";
import type { Chain, Table } from "../../kernel/iptables/ruleset.js";
import type { Firewalls } from "../../kernel/snapshot.js";
import { isOurs, noteOf } from "../../ownership/comment.js";
import { ownerName } from "../../ownership/mark.js";
import { mustBeOurChain } from "../../ownership/our-chain.js";
import { isInBulk } from "../carried.js";
import { prefixOf, serviceChainName } from "../chain-name.js";
import { element } from "../nftables/item.js";
import { wayKey } from "../nftables/layout.js";
import { specOfHeld } from "../nftables/nat-table.js";
import type { ServiceSpec } from "../spec.js";
import { shownWay, type Way, waysOf } from "../ways.js";
import { allServices, type Dispatch } from "./read.js";

/** The service chain is whose the rules that lead to it are; where none does, whose endpoints are in it. */
export function mustBeOurService(
  { chain, name }: { chain: string; name: string },
  table: Table,
  serviceChain: Chain,
  context: Context,
): void {
  const leading = allServices(table).filter((each) => each.serviceChain === name);
  const elsewhere = leading.find((each) => each.chain !== chain);
  if (elsewhere)
    throw new Refusal(
      `chain ${name} of table nat belongs to the service ${idOf(elsewhere)} of ${ownerOf(elsewhere)}: give this service or its chain another name`,
    );
  const endpoints = leading.length === 0 && serviceChain.rules.some((rule) => isOurs(rule, context));
  if (!endpoints)
    mustBeOurChain(name, leading.length > 0 ? leading.map(({ rule }) => rule) : serviceChain.rules, context);
}

/**
 * Throws a Refusal when another service has one of the ways, whosever it is and on whichever backend. Those of one list are not asked: each is as the list
 * says before the change is made, and the list gives no way twice.
 */
export function mustBeFree(spec: ServiceSpec, host: Firewalls): void {
  const ways = waysOf(spec);
  const { chain, name } = spec;
  const serviceChain = serviceChainName(prefixOf(chain), name);
  const own = (each: Dispatch) =>
    each.chain === chain && (each.serviceChain === serviceChain || (spec.bulk === true && isInBulk(each)));
  const onIptables = byWay(host.firewall.get("nat"));
  for (const way of ways) {
    const dispatch = onIptables.get(shownWay(way))?.find((each) => !own(each));
    const [id, mark] = dispatch
      ? [idOf(dispatch), noteOf(dispatch.rule)?.mark]
      : (holderOnNftables(way, spec, host) ?? []);
    if (id !== undefined)
      throw new Refusal(
        `${shownWay(way)} is taken by the service ${id} of ${ownerName(mark ?? "")}: use another address or port, or remove that service first`,
      );
  }
}

// Tables are never changed, only replaced
const known = new WeakMap<Table, Map<string, Dispatch[]>>();

function byWay(table: Table | undefined): Map<string, Dispatch[]> {
  const ways = (table && known.get(table)) ?? new Map<string, Dispatch[]>();
  if (!table || known.has(table)) return ways;
  for (const each of allServices(table)) {
    const others = ways.get(shownDispatch(each));
    if (others) others.push(each);
    else ways.set(shownDispatch(each), [each]);
  }
  known.set(table, ways);
  return ways;
}

/** Whether an element is wanted by more than the service itself is looked up; only by whom is looked for. */
function holderOnNftables(
  way: Way,
  own: ServiceSpec,
  { natTables }: Firewalls,
): [id: string, mark?: string] | undefined {
  const item = element("services", ...wayKey(way, own.family));
  for (const table of natTables.values()) {
    const before = table.name === own.chain ? table.services.get(own.name) : undefined;
    const mine = before && specOfHeld(table.name, before);
    const isMine = mine?.family === own.family && waysOf(mine).some((each) => shownWay(each) === shownWay(way));
    if ((table.uses[own.family].get(item) ?? 0) <= (isMine ? 1 : 0)) continue;
    for (const [name, held] of table.services) {
      const spec = specOfHeld(table.name, held);
      if (!spec || spec.family !== own.family) continue;
      if (table.name === own.chain && (name === own.name || (own.bulk && spec.bulk))) continue;
      if (waysOf(spec).some((each) => shownWay(each) === shownWay(way))) return [`${table.name}/${name}`, spec.mark];
    }
  }
  return undefined;
}

const shownDispatch = ({ way, address, protocol, port }: Dispatch) =>
  shownWay({ kind: way, address, protocol, dport: port });
const idOf = ({ chain, serviceChain }: Dispatch) => `${chain}/${serviceChain.slice(`${prefixOf(chain)}-SVC-`.length)}`;
const ownerOf = ({ rule }: Dispatch) => ownerName(noteOf(rule)?.mark ?? "");
