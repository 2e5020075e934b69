import { drift } from "../../kernel/drift.js";
import { shownRule } from "../../kernel/iptables/rule-comment.js";
import { sameRule } from "../../kernel/iptables/rule-facts.js";
import type { Rule } from "../../kernel/iptables/ruleset.js";
import type { RuleStep } from "../../kernel/plan.js";
import { noteOf } from "../../ownership/comment.js";

/**
 * The steps after which a chain of table nat begins with `wanted`, in that order and before the
 * rules of services. `own` are the rules that may be taken out. Of the others a rule that does the
 * same as a wanted one is taken out if it is `adoptable`.
 */
export function orderedFirst(
  chain: string,
  rules: Rule[],
  own: Rule[],
  wanted: Rule[],
  adoptable: (rule: Rule) => boolean,
): RuleStep[] {
  const why = drift("rules", own.map(text), wanted.map(text));
  const step = (rule: Rule, at: "first" | "gone"): RuleStep => ({
    do: "rule",
    table: "nat",
    chain,
    rule,
    at,
    why,
  });
  const firstService = rules.findIndex((rule) => noteOf(rule)?.targetPort !== undefined);
  const inFront = (rule: Rule) => firstService < 0 || rules.indexOf(rule) < firstService;
  const kept = keptTail(own.filter(inFront), wanted);
  const adopted = rules.filter((rule) => adoptable(rule) && wanted.some((each) => sameRule(each, rule)));
  const gone = [...own.filter((rule) => !kept.includes(rule)), ...adopted];
  return [
    ...gone.map((rule) => step(rule, "gone")),
    ...wanted
      .slice(0, wanted.length - kept.length)
      .reverse()
      .map((rule) => step(rule, "first")),
  ];
}

/** In a chain without hooks and rules there is one that only carries our mark. */
const text = (rule: Rule) => shownRule(rule) || "our mark";

/**
 * The rules that can stay as they are while those before them are put first anew: the longest
 * common tail.
 */
function keptTail(own: Rule[], wanted: Rule[]): Rule[] {
  const kept: Rule[] = [];
  let last = wanted.length - 1;
  // an unwanted rule in between is taken out and is in nobody's way
  for (const rule of own.filter((each) => wanted.some((one) => sameRule(one, each))).reverse()) {
    if (last < 0 || !sameRule(wanted[last]!, rule)) break;
    kept.push(rule);
    last--;
  }
  return kept;
}
