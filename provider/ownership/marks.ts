import type { Step } from "../kernel/plan.js";
import { inSequence } from "../kernel/sequence.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { noteOf } from "./comment.js";
import type { Context } from "./context.js";
import { isStale, isStaleOnShared, markDrift } from "./mark.js";
import type { Found } from "./origin.js";

/**
 * The rules that a resource has in iptables' tables: its own, and those that it shares with others
 * of whatever stack.
 */
export interface RulesOf {
  own: Found[];
  shared?: Found[];
}

/**
 * The steps of a change, and those that write the resource's mark into rules of it that bear
 * another one of its stack: under a former name, or as version 0.1 wrote it. A rule that it shares
 * with others keeps the mark of another one of them.
 */
export function withMarks(
  steps: Step[],
  rulesIn: (host: Snapshot) => RulesOf,
  host: Snapshot,
  context: Context,
): Step[] {
  const stale = ({ own, shared = [] }: RulesOf) => [
    ...own.filter(({ rule }) => isStale(noteOf(rule)?.mark, context)),
    ...shared.filter(({ rule }) => isStaleOnShared(noteOf(rule)?.mark, context)),
  ];
  if (!context.writeMarks || stale(rulesIn(host)).length === 0) return steps;
  const marked = (now: Snapshot): Step[] =>
    stale(rulesIn(now)).flatMap(({ table, chain, rule }) => {
      const [why = ""] = markDrift(noteOf(rule)!, context);
      return { do: "mark", table, chain, rule, mark: context.mark, why };
    });
  return inSequence(host, [() => steps, marked]);
}
