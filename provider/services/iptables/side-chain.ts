import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { Refusal } from "../../kernel/errors.js";
import { factsOf, identityOf, sameRule } from "../../kernel/iptables/rule-facts.js";
import { isBuiltIn, type Rule, rulesOf, type TableName } from "../../kernel/iptables/ruleset.js";
import type { Step } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { commentMatch, noteOf, shownRule } from "../../ownership/comment.js";
import { type Found, leftovers, ruleComment } from "../../ownership/origin.js";

/**
 * A chain that the services of one NatChain have in common, besides that one: it is there, with the jumps to it, as long as there is a rule in it, whoever's.
 */
export interface SideChain {
  table: TableName;
  name: string;
  /** Where it is jumped to, before all else, and what of it goes there. */
  hooks: { chain: string; match: string[] }[];
}

/** The steps after which a side chain holds what `edit` makes of what it holds; without `why` they say what is wrong. Throws a Refusal when such a chain is there that nobody marked. */
export function sideChainSteps(
  side: SideChain,
  edit: (rules: Rule[]) => Rule[],
  host: Snapshot,
  context: Context,
  why?: string,
): Step[] {
  const { table, name } = side;
  const found = host.firewall.get(table)?.get(name);
  const before = found?.rules ?? [];
  const after = edit(before);
  const hooks = jumpsTo(side, host);
  const ours = hooks.length > 0 || before.some((rule) => noteOf(rule));
  // A flush takes rules and jumps and leaves the chain.
  const flushed = before.length === 0 && context.previous !== undefined;
  const same =
    before === after ||
    (before.length === after.length && before.every((rule, at) => identityOf(rule) === identityOf(after[at]!)));
  const content = why ?? (same && after.length > 0 ? "" : contentDrift(side, before, after));
  if (after.length === 0) return found && (ours || flushed) ? teardown(side, hooks, host, context, content) : [];
  if (found && !ours && !flushed)
    throw new Refusal(
      `chain ${name} of table ${table} exists already and was not made by this product: rename or remove it, or give the NatChain another name`,
    );
  const steps: Step[] = [];
  if (!found || !same) steps.push({ do: "chain", table, chain: name, rules: after, why: content });
  const jumps = drift(
    `jumps to ${name} of table ${table}`,
    hooks.map(({ chain }) => chain),
    side.hooks.map(({ chain }) => chain),
  );
  for (const { chain, match } of side.hooks) {
    const rule = { spec: [...match, ...commentMatch(ruleComment({ table, chain }, host, context)), "-j", name] };
    if (!hooks.some((each) => each.chain === chain && sameRule(each.rule, rule)))
      steps.push({ do: "rule", table, chain, rule, at: "first", why: why ?? (same ? jumps : content) });
  }
  return steps;
}

function contentDrift({ table, name }: SideChain, before: Rule[], after: Rule[]): string {
  const only = (these: Rule[], those: Rule[]) => {
    // Most are the very same ones
    const [mine, others] = [new Set(these), new Set(those)];
    const identities = new Set(those.filter((rule) => !mine.has(rule)).map(identityOf));
    return these.filter((rule) => !others.has(rule) && !identities.has(identityOf(rule))).map(shownRule);
  };
  return drift(`chain ${name} of table ${table}`, only(before, after), only(after, before));
}

/** Our jumps to it, whichever stack's. */
export function jumpsTo({ table, name }: Pick<SideChain, "table" | "name">, { firewall }: Snapshot): Found[] {
  return [...(firewall.get(table)?.keys() ?? [])]
    .filter((chain) => isBuiltIn(chain) || chain === "DOCKER-USER")
    .flatMap((chain) =>
      rulesOf(firewall, table, chain)
        .filter((rule) => factsOf(rule).target === name && noteOf(rule))
        .map((rule) => ({ table, chain, rule })),
    );
}

function teardown({ table, name }: SideChain, hooks: Found[], host: Snapshot, context: Context, why: string): Step[] {
  return [
    ...hooks.map((each): Step => ({ do: "rule", ...each, at: "gone", why })),
    { do: "chain", table, chain: name, rules: null, why },
    ...leftovers(table, hooks, host, context, why),
  ];
}
