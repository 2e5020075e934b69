import { drift } from "../kernel/drift.js";
import { Unreadable } from "../kernel/errors.js";
import { plainName, type TableName, tableFamily } from "../kernel/iptables/ruleset.js";
import type { ListedStep } from "../kernel/plan.js";
import {
  type AllUnread,
  type ListedRule,
  mustBeRead,
  type Need,
  tableWords,
  type Unread,
} from "../kernel/unreadable.js";
import type { Context, Noted } from "./context.js";
import { goesWith, isOf } from "./mark.js";

/**
 * The steps that take out what bears a resource's own mark in chains that iptables can't show.
 * Throws Unreadable, with all that is left there of which that can't be told.
 */
export function unreadRemoval(needs: Need[], unread: AllUnread = new Map(), context: Context<Noted>): ListedStep[] {
  const concerned = needs.flatMap((need) => (unread.has(need.of) ? [{ ...need, ...unread.get(need.of)! }] : []));
  mustBeRead(
    concerned.filter(({ chains }) => !chains),
    unread,
  );
  const rules = concerned.flatMap(({ of, words, chains }) =>
    [...chains!].flatMap(([chain, listed]) =>
      listed.map((rule) => ({ table: of as TableName, chain, rule, whose: whoseIs(rule, chain, words, context) })),
    ),
  );
  const left = rules.filter(({ whose }) => whose === "unknown").map(shownLeft);
  const own = concerned.flatMap(({ of, words, chains }) =>
    [...chains!.keys()]
      .filter((chain) => words.includes(chain))
      .map((chain) => `  chain ${chain} of ${tableWords(of)}`),
  );
  if (left.length + own.length > 0) throw new Unreadable(leftWords(concerned, [...own, ...left]));
  return rules
    .filter(({ whose }) => whose === "ours")
    .map(({ table, chain, rule: { handle, text } }) => ({
      do: "listedRule",
      table,
      chain,
      handle,
      why: drift(`chain ${chain} of ${tableWords(table)}`, text, undefined),
    }));
}

function whoseIs({ text, comment }: ListedRule, chain: string, words: string[], context: Context<Noted>) {
  const [mark] = comment?.split(";") ?? [];
  if (isOf(mark, context)) return "ours";
  if (mark?.startsWith("hostnet:") && !goesWith(mark, context)) return "others";
  const said = new Set(text.split(/[\s"{},]+/));
  return words.includes(chain) || words.some((word) => said.has(word)) ? "unknown" : "others";
}

const nftName = (table: string) => `${tableFamily(table)} ${plainName(table)}`;

const shownLeft = ({ table, chain, rule: { text, handle } }: { table: string; chain: string; rule: ListedRule }) =>
  `  ${chain} of ${tableWords(table)}: ${text} (nft delete rule ${nftName(table)} ${chain} handle ${handle})`;

/** More lines nobody reads; nft lists them all. */
const MOST_SHOWN = 10;

function leftWords(concerned: Unread[], left: string[]): string {
  const [{ what, why, cure }] = concerned as [Unread];
  const more = left.length > MOST_SHOWN ? [`  and ${left.length - MOST_SHOWN} more`] : [];
  return [
    `${what} can't be read: ${why}`,
    "So this may be left of the resource, which stays in the state:",
    ...left.slice(0, MOST_SHOWN),
    ...more,
    `Delete there what is of it, and run again. Or: ${cure}`,
  ].join("\n");
}
