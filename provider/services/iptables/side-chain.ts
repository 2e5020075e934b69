import type { Family } from "../../kernel/family.js";
import { DOCKER_USER, forwardChain } from "../../kernel/iptables/forward-chain.js";
import { commentMatch } from "../../kernel/iptables/rule-comment.js";
import { factsOf, sameRule } from "../../kernel/iptables/rule-facts.js";
import { isBuiltIn, type Rule, type Table, type TableName, tableOf } from "../../kernel/iptables/ruleset.js";
import type { Acting } from "../../kernel/service-change.js";
import { commentOf, isMarked, noteOf, remarked } from "../../ownership/comment.js";
import { isStaleOnShared } from "../../ownership/mark.js";
import type { Place } from "../../ownership/origin.js";
import { masqueradeChainName } from "../chain-name.js";
import type { Draft } from "./draft.js";

/**
 * A chain that the services of one NatChain have in common, besides that one: it is there, with the
 * jumps to it, as long as a rule is in it, of whatever stack.
 */
export interface SideChain {
  table: TableName;
  name: string;
  /** Where it is jumped to, before all else, and what of it goes there. */
  hooks: { chain: string; match: string[] }[];
}

/**
 * Where services masquerade: only packets that some DNAT has led elsewhere come there. No packet
 * mark is needed for it.
 */
export const masqueradeSide = (family: Family, chain: string): SideChain => ({
  table: tableOf(family, "nat"),
  name: masqueradeChainName(chain),
  hooks: [{ chain: "POSTROUTING", match: ["-m", "conntrack", "--ctstate", "DNAT"] }],
});

/**
 * Where what no endpoint got is refused or dropped, before anything accepts it. Only a flow's first
 * packet comes there.
 */
export function gateSide(family: Family, chain: string, filter: Table | undefined): SideChain {
  const match = ["-m", "conntrack", "--ctstate", "NEW"];
  const hooks = ["INPUT", forwardChain(filter), "OUTPUT"].map((each) => ({ chain: each, match }));
  return { table: tableOf(family, "filter"), name: chain, hooks };
}

/** Our jumps to it, of whatever stack. */
export function jumpsTo({ table, name }: SideChain, draft: Draft): (Place & { rule: Rule })[] {
  const content = draft.table(table);
  return [...BUILT_IN, DOCKER_USER]
    .filter((chain) => content?.has(chain))
    .flatMap((chain) =>
      (draft.rules(table, chain) ?? [])
        .filter((rule) => factsOf(rule).target === name && noteOf(rule))
        .map((rule) => ({ table, chain, rule })),
    );
}

const BUILT_IN = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"].filter(isBuiltIn);

/** The jumps to it that are not there. */
export function missingJumps(side: SideChain, draft: Draft): SideChain["hooks"] {
  const jumps = jumpsTo(side, draft);
  return side.hooks.filter(({ chain, match }) => {
    const wanted = { spec: [...match, "-j", side.name] };
    return !jumps.some((each) => each.chain === chain && sameRule(each.rule, wanted));
  });
}

/** Is it there for the sake of a rule of ours? */
export const isOursSide = (side: SideChain, draft: Draft): boolean =>
  (draft.rules(side.table, side.name) ?? []).some(isMarked) || jumpsTo(side, draft).length > 0;

/** Takes it away where somebody has flushed it, and nobody leads to it. */
export function dropFlushed({ table, name }: SideChain, draft: Draft): void {
  if (draft.rules(table, name)?.length !== 0) return;
  for (const chain of draft.table(table)?.keys() ?? [])
    if (draft.rules(table, chain)?.some((rule) => factsOf(rule).target === name)) return;
  draft.drop({ table, chain: name });
}

/**
 * Makes the jumps to a side chain that holds something, in the name of a mark, and takes away one
 * of ours that holds nothing.
 */
export function settleSide(side: SideChain, mark: string, wasOurs: boolean, draft: Draft, by: Acting): void {
  const { table, name } = side;
  const rules = draft.rules(table, name);
  if (!rules) return;
  if (rules.length === 0 && !wasOurs) return;
  for (const { chain, rule } of jumpsTo(side, draft)) {
    const others = draft.rules(table, chain)!;
    if (rules.length === 0)
      draft.set(
        { table, chain },
        others.filter((each) => each !== rule),
      );
    else if (isStaleOnShared(noteOf(rule)!.mark, by))
      draft.set({ table, chain }, others.with(others.indexOf(rule), remarked(rule, by.mark)));
  }
  if (rules.length === 0) {
    draft.drop({ table, chain: name });
    return;
  }
  for (const { chain, match } of missingJumps(side, draft)) {
    const place: Place = { table, chain };
    const origin = draft.origin(place, by.memory);
    const comment = commentOf({ mark, ...(origin && { origin }) });
    draft.set(place, [
      { spec: [...match, ...commentMatch(comment), "-j", name] },
      ...(draft.rules(table, chain) ?? []),
    ]);
  }
}
