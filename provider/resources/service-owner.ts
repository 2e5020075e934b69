import type { Context } from "../definition.js";
import { Refusal } from "../errors.js";
import { prefixOf } from "../model/chain-name.js";
import { mustBeOurChain } from "../model/our-chain.js";
import { ownerName } from "../model/ownership.js";
import { isOurs, noteOf } from "../model/rule-comment.js";
import type { Chain, Table } from "../model/ruleset.js";
import { allServices, type Dispatch } from "../model/service.js";
import { shownWay, type Way } from "../model/service-ways.js";

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

/** Throws a Refusal when another service has one of the ways, whosever it is. */
export function mustBeFree(ways: Way[], serviceChain: string, table: Table): void {
  const others = new Map(
    allServices(table)
      .filter((each) => each.serviceChain !== serviceChain)
      .map((each) => [shownDispatch(each), each]),
  );
  for (const way of ways) {
    const holder = others.get(shownWay(way));
    if (holder)
      throw new Refusal(
        `${shownWay(way)} is taken by the service ${idOf(holder)} of ${ownerOf(holder)}: use another address or port, or remove that service first`,
      );
  }
}

const shownDispatch = ({ way, address, protocol, port }: Dispatch) =>
  shownWay({ kind: way, address, protocol, dport: port });
const idOf = ({ chain, serviceChain }: Dispatch) => `${chain}/${serviceChain.slice(`${prefixOf(chain)}-SVC-`.length)}`;
const ownerOf = ({ rule }: Dispatch) => ownerName(noteOf(rule)?.mark ?? "");
