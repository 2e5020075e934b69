import type { Family } from "../../kernel/family.js";
import { commentMatch } from "../../kernel/iptables/rule-comment.js";
import { factsOf, sameRule } from "../../kernel/iptables/rule-facts.js";
import { isBuiltIn, type Rule, tableOf } from "../../kernel/iptables/ruleset.js";
import type { Acting } from "../../kernel/service-change.js";
import type { ChainSpec } from "../../kernel/service-spec.js";
import { commentOf, noteOf } from "../../ownership/comment.js";
import type { Place } from "../../ownership/origin.js";
import { dnatWords } from "../dnat.js";
import type { Draft } from "./draft.js";
import { marked } from "./layout.js";
import { isAnchor } from "./read.js";
import { orderedFirst } from "./rule-order.js";

/** A NatChain in the table nat of one family. */
type Wish = Pick<ChainSpec, "name" | "mark" | "hooks" | "rules">;

/** Makes the chain with its hooks and its own rules, those before the services. */
export function layChain(draft: Draft, family: Family, wish: Wish, by: Acting): void {
  const { name, hooks } = wish;
  const place: Place = { table: tableOf(family, "nat"), chain: name };
  const found = draft.rules(place.table, name);
  takeOver(draft, place, by);
  if (!found) draft.set(place, []);
  const after = ownRules(draft, family, wish, by);
  if (after !== found) draft.set(place, after);
  for (const hook of hooks) layHook(draft, { table: place.table, chain: hook }, wish, by);
  for (const chain of [...(draft.table(place.table)?.keys() ?? [])].filter(isBuiltIn)) {
    const rules = draft.rules(place.table, chain) ?? [];
    const jump = rules.find((rule) => noteOf(rule) && isHook(rule, name));
    const stays = (rule: Rule) =>
      factsOf(rule).target !== name || (noteOf(rule) ? rule === jump && hooks.includes(chain) : !by.adopt);
    if (!rules.every(stays)) draft.set({ table: place.table, chain }, rules.filter(stays));
  }
}

/**
 * A table that holds nothing but the chain that is taken over goes with it: for what comes into it,
 * it was not there before.
 */
function takeOver(draft: Draft, { table, chain }: Place, { adopt, memory }: Acting): void {
  const content = draft.table(table);
  if (adopt && !memory && content?.size === 1 && content.has(chain)) draft.takeTable(table);
}

const isHook = (rule: Rule, name: string) => sameRule(rule, { spec: ["-j", name] });

function layHook(draft: Draft, place: Place, { name, mark }: Wish, by: Acting): void {
  const rules = draft.rules(place.table, place.chain) ?? [];
  const present = rules.find((rule) => noteOf(rule) && isHook(rule, name));
  if (present) {
    const right = marked(present, mark);
    if (right !== present) draft.set(place, rules.with(rules.indexOf(present), right));
    return;
  }
  const origin = draft.origin(place, by.memory);
  const comment = commentOf({ mark, ...(origin && { origin }) });
  draft.set(place, [...rules, { spec: [...commentMatch(comment), "-j", name] }]);
}

/** The steps that put a chain's own rules in order; none where they are. */
export function ownSteps(draft: Draft, family: Family, wish: Wish, by: Acting) {
  const place: Place = { table: tableOf(family, "nat"), chain: wish.name };
  const rules = draft.rules(place.table, wish.name) ?? [];
  const own = rules.filter((rule) => noteOf(rule) && isAnchor(rule));
  const origin = draft.origin(place, by.memory);
  const comment = commentMatch(commentOf({ mark: wish.mark, ...(origin && { origin }) }));
  return orderedFirst(wish.name, rules, own, wantedRules(wish, comment), (rule) => by.adopt === true && !noteOf(rule));
}

/**
 * The DNAT rules; in a chain without hooks and rules one that does nothing, for a mark has to be
 * somewhere.
 */
function wantedRules({ hooks, rules }: Wish, comment: string[]): Rule[] {
  if (hooks.length === 0 && rules.length === 0) return [{ spec: comment }];
  return rules.map((rule) => ({ spec: dnatWords(rule, comment) }));
}

function ownRules(draft: Draft, family: Family, wish: Wish, by: Acting): Rule[] {
  const found = draft.rules(tableOf(family, "nat"), wish.name) ?? [];
  let rules = found;
  for (const { rule, at } of ownSteps(draft, family, wish, by))
    rules = at === "gone" ? rules.toSpliced(rules.indexOf(rule), 1) : [rule, ...rules];
  const right = rules.map((rule) => (noteOf(rule) && isAnchor(rule) ? marked(rule, wish.mark) : rule));
  return right.every((rule, at) => rule === rules[at]) ? rules : right;
}

/** Takes the chain away, and what leads to it. */
export function removeChain(draft: Draft, family: Family, name: string): void {
  const table = tableOf(family, "nat");
  for (const chain of [...(draft.table(table)?.keys() ?? [])].filter(isBuiltIn)) {
    const rules = draft.rules(table, chain) ?? [];
    const left = rules.filter((rule) => factsOf(rule).target !== name || !noteOf(rule));
    if (left.length < rules.length) draft.set({ table, chain }, left);
  }
  draft.drop({ table, chain: name });
}
