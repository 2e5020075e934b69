import type { Context } from "../definition.js";
import type { Rule } from "../kernel/iptables/ruleset.js";
import { isOurs, noteOf, ownerOf } from "./comment.js";
import { isOf } from "./mark.js";
import { mustBeOurs } from "./refuse.js";

/**
 * Throws a Refusal when a user chain of table nat is not ours to change. A chain has no comment: it is whose the given rules are, those that
 * make the chain what it is; `content` are all that it holds. `iptables -t nat -F` takes the rules and leaves the chain: then the state file
 * speaks for us, but not for a chain that somebody has filled since.
 */
export function mustBeOurChain(chain: string, rules: Rule[], context: Context, content = rules): void {
  const what = `chain ${chain} of table nat`;
  const foreign = rules.find((rule) => ownerOf(rule, context) === "other");
  if (foreign) mustBeOurs(what, noteOf(foreign)?.mark, context);
  const ours = rules.flatMap((rule) => (ownerOf(rule, context) === "ours" ? [noteOf(rule)?.mark] : []));
  if (ours.length === 0 && keptForUs(content, context)) return;
  mustBeOurs(what, ours.find((mark) => isOf(mark, context)) ?? ours[0], context);
}

/** May a chain that has lost what marks it be the one in the state file? Not when it holds rules and none of them is ours. */
export function keptForUs(content: Rule[], context: Context): boolean {
  return context.previous !== undefined && (content.length === 0 || content.some((rule) => isOurs(rule, context)));
}
