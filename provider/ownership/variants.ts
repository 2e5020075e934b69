import { Refusal } from "../kernel/errors.js";
import { shownRule } from "../kernel/iptables/rule-comment.js";
import { factsOf } from "../kernel/iptables/rule-facts.js";
import { type Firewall, plainName, type Rule, type TableName } from "../kernel/iptables/ruleset.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { isOurs } from "./comment.js";
import type { Context } from "./context.js";
import type { Place } from "./origin.js";

/** What makes a thing what it is: its chains of a table, and rules wherever they are. */
export interface Traces {
  /** How a message calls it. */
  what: string;
  /** The argument by which the program asks for it. */
  argument: string;
  chains?: string[];
  /** Default: table nat of IPv4. */
  table?: TableName;
  rule?: (rule: Rule, place: Place) => boolean;
}

/**
 * Throws a Refusal when the other variant has the same thing, whoever made it. `as`: the thing
 * itself is to be among iptables' rules, or beside them.
 */
export function mustBeInNoOtherVariant(traces: Traces, host: Snapshot, as: "rules" | "beside" = "rules"): void {
  refuse(traces, host, () => true, as);
}

/**
 * Throws a Refusal when the other variant has what this stack made of it: a removal would leave
 * that behind.
 */
export function mustLeaveNoneBehind(traces: Traces, host: Snapshot, context: Context): void {
  refuse(traces, host, (rule) => rule !== undefined && isOurs(rule, context));
}

function refuse(
  traces: Traces,
  { otherVariants = [] }: Snapshot,
  counts: (rule: Rule | undefined) => boolean,
  as: "rules" | "beside" = "rules",
): void {
  for (const { used, other, firewall } of otherVariants) {
    const found = sightings(traces, firewall).find(({ rule }) => counts(rule));
    if (!found) continue;
    const { table, chain, rule } = found;
    const tool = used.split("-")[0];
    const there = `${traces.what} is in ${other} already (table ${plainName(table)}: ${rule ? `-A ${chain} ${shownRule(rule)}` : `chain ${chain}`})`;
    throw new Refusal(
      traces.argument,
      as === "beside"
        ? `${there}, and packets go through both: remove it with ${other}`
        : `${there}, but ${tool} is ${used} on this host, and packets go through both: remove it with ${other}, or make ${tool} ${other} again (update-alternatives --config ${tool})`,
    );
  }
}

function sightings(
  { chains = [], table: where = "nat", rule: same }: Traces,
  firewall: Firewall,
): (Place & { rule?: Rule })[] {
  return [...firewall].flatMap(([name, content]) => {
    const table = name as Place["table"];
    return [...content].flatMap(([chain, { rules }]) => {
      const own = table === where && chains.includes(chain);
      const leads = (rule: Rule) => table === where && chains.includes(factsOf(rule).target ?? "");
      const found = rules.filter((rule) => own || leads(rule) || same?.(rule, { table, chain }));
      return [...found.map((rule) => ({ table, chain, rule })), ...(own ? [{ table, chain }] : [])];
    });
  });
}
