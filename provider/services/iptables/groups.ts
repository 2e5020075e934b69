import { factsOf } from "../../kernel/iptables/rule-facts.js";
import type { Rule } from "../../kernel/iptables/ruleset.js";
import { noteOf } from "../../ownership/comment.js";
import { insideName } from "./read.js";

/** Rules of a chain that many share, by what they are for. */
type Groups = ReadonlyMap<string, Rule[]>;

// Lists of rules are never changed, so each is looked through once, however many ask
const remembered = (keyOf: (rule: Rule) => string | undefined) => {
  const known = new WeakMap<readonly Rule[], Groups>();
  return (rules: readonly Rule[]): Groups => {
    const groups = known.get(rules) ?? grouped(rules, keyOf);
    known.set(rules, groups);
    return groups;
  };
};

function grouped(rules: readonly Rule[], keyOf: (rule: Rule) => string | undefined): Groups {
  const groups = new Map<string, Rule[]>();
  for (const rule of rules) {
    const key = keyOf(rule);
    if (key === undefined) continue;
    const others = groups.get(key);
    if (others) others.push(rule);
    else groups.set(key, [rule]);
  }
  return groups;
}

/**
 * By what they say that they are for: the chain of a service or of an endpoint, or, of a range, the
 * NatChain.
 */
export const purposeOf = (rule: Rule): string | undefined => noteOf(rule)?.says?.for;
export const groupsFor = remembered(purposeOf);

/** By the service chain that they lead to, whoever's they are. */
export const targetOf = (rule: Rule): string | undefined => {
  const { target } = factsOf(rule);
  return target === undefined ? undefined : insideName(target);
};
export const groupsInto = remembered(targetOf);
