import type { Context } from "../../definition.js";
import { drift } from "../../kernel/drift.js";
import { Refusal } from "../../kernel/errors.js";
import { factsOf, sameRule } from "../../kernel/iptables/rule-facts.js";
import { orderedFirst } from "../../kernel/iptables/rule-order.js";
import { isBuiltIn, type Rule, rulesOf, type Table } from "../../kernel/iptables/ruleset.js";
import type { Step } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { commentMatch, isOurs, isOwn, noteOf, shownRule } from "../../ownership/comment.js";
import { ownerName } from "../../ownership/mark.js";
import { withMarks } from "../../ownership/marks.js";
import { type Found, leftoverChains, leftovers, ruleComment } from "../../ownership/origin.js";
import { keptForUs, mustBeOurChain } from "../../ownership/our-chain.js";
import { mustBeInOneBackend, mustLeaveNoneBehind } from "../other-backend.js";
import { type Dnat, dnatRule } from "./dnat.js";

/** A NatChain in the table nat of one family. */
export interface ChainWish {
  name: string;
  /** Built-in chains that jump there. */
  hooks: readonly string[];
  rules: Dnat[];
}

interface Observed {
  table: Table | undefined;
  /** Jumps from built-in chains that carry our stack's mark. */
  jumps: Found[];
  /** The rules in the chain that are this resource's: all of our stack's but the services'. */
  own: Rule[];
}

function observe({ name }: ChainWish, { firewall }: Snapshot, context: Context): Observed {
  const table = firewall.get("nat");
  const jumps = jumpsTo(name, table).filter(({ rule }) => isOurs(rule, context));
  return {
    table,
    jumps,
    own: rulesOf(firewall, "nat", name).filter((rule) => isAnchor(rule) && isOurs(rule, context)),
  };
}

/** A table that holds nothing but the chain we take over goes with it: for what comes into it, it was not there before us. */
export function asFound({ name }: ChainWish, host: Snapshot, { adopt, previous }: Context): Snapshot {
  const table = host.firewall.get("nat");
  if (!adopt || previous || table?.size !== 1 || !table.has(name)) return host;
  return { ...host, firewall: new Map([...host.firewall].filter(([each]) => each !== "nat")) };
}

/** Not a service's dispatch rule: those may be of other stacks, and say nothing about whose the chain is. */
export const isAnchor = (rule: Rule) => noteOf(rule)?.targetPort === undefined;

export function jumpsTo(name: string, table: Table | undefined): Found[] {
  return [...(table ?? [])].flatMap(([chain, { rules }]) =>
    isBuiltIn(chain)
      ? rules.filter((rule) => factsOf(rule).target === name).map((rule) => ({ table: "nat" as const, chain, rule }))
      : [],
  );
}

export const chainTraces = ({ name }: Pick<ChainWish, "name">) => ({ what: `chain ${name}`, chains: [name] });

/** The steps after which the chain is there, with its hooks and its own rules. */
export function chainPlan(wish: ChainWish, host: Snapshot, context: Context): Step[] {
  const { name, hooks } = wish;
  mustBeInOneBackend(chainTraces(wish), host);
  const { table, jumps, own } = observe(wish, host, context);
  const chain = table?.get(name);
  if (chain) {
    const anchors = [...jumpsTo(name, table).map(({ rule }) => rule), ...chain.rules.filter(isAnchor)];
    mustBeOurChain(name, anchors, context, chain.rules);
  }
  const steps: Step[] = [];
  const missing = chain ? undefined : drift("name", undefined, name);
  if (missing) steps.push({ do: "chain", table: "nat", chain: name, rules: [], why: missing });
  const origin = asFound(wish, host, context);
  const wanted = wantedRules(wish, origin, context);
  const ordered = orderedFirst(name, chain?.rules ?? [], own, wanted, (rule) => context.adopt && !noteOf(rule));
  steps.push(...ordered.map((step) => ({ ...step, why: missing ?? step.why })));

  const adopted = context.adopt ? jumpsTo(name, table).filter(({ rule }) => !noteOf(rule)) : [];
  const shownJump = ({ chain, rule }: Found) =>
    factsOf(rule).options.size === 0 ? chain : `${chain} ${shownRule(rule)}`;
  const why = missing ?? drift("hooks", [...jumps, ...adopted].map(shownJump), hooks);
  const kept: Rule[] = [];
  for (const hook of hooks) {
    const rule = { spec: [...commentMatch(ruleComment({ table: "nat", chain: hook }, origin, context)), "-j", name] };
    const present = jumps.find((each) => each.chain === hook && sameRule(each.rule, rule));
    if (present) kept.push(present.rule);
    else steps.push({ do: "rule", table: "nat", chain: hook, rule, at: "last", why });
  }
  const gone = [...jumps.filter(({ rule }) => !kept.includes(rule)), ...adopted];
  steps.push(...gone.map((each): Step => ({ do: "rule", ...each, at: "gone", why })));
  steps.push(
    ...leftoverChains(
      gone.filter((each) => !hooks.some((hook) => hook === each.chain)),
      host,
      why,
    ),
  );
  const rulesIn = (now: Snapshot) => {
    const { jumps, own } = observe(wish, now, context);
    return { own: [...jumps, ...own.map((rule): Found => ({ table: "nat", chain: name, rule }))] };
  };
  return withMarks(steps, rulesIn, host, context);
}

/** The DNAT rules; in a chain without hooks and rules one that does nothing, for a mark has to be somewhere. */
function wantedRules({ name, hooks, rules }: ChainWish, host: Snapshot, context: Context): Rule[] {
  const comment = commentMatch(ruleComment({ table: "nat", chain: name }, host, context));
  if (hooks.length === 0 && rules.length === 0) return [{ spec: comment }];
  return rules.map((rule) => dnatRule(rule, comment));
}

/** The steps that take the chain away, and whether it is ours to take. Throws a Refusal while something else is in it. */
export function chainRemoval(wish: ChainWish, host: Snapshot, context: Context): { ours: boolean; steps: Step[] } {
  const { name } = wish;
  mustLeaveNoneBehind(chainTraces(wish), host, context);
  const found = observe(wish, host, context);
  const { table } = found;
  const jumps = found.jumps.filter(({ rule }) => isOwn(rule, context));
  const own = found.own.filter((rule) => isOwn(rule, context));
  const chain = table?.get(name);
  const others = [...(chain?.rules.filter(isAnchor) ?? []), ...jumpsTo(name, table).map(({ rule }) => rule)].some(
    (rule) => noteOf(rule) && !isOwn(rule, context),
  );
  const ours = !others && (jumps.length > 0 || own.length > 0 || keptForUs(chain?.rules ?? [], context));
  if (chain && ours)
    mustBeUnused(
      name,
      chain.rules.filter((rule) => !own.includes(rule)),
      table,
    );
  const gone: Found[] = [...jumps, ...own.map((rule): Found => ({ table: "nat", chain: name, rule }))];
  const steps = [
    ...jumps.map(
      ({ table, chain, rule }): Step => ({ do: "rule", table, chain, rule, at: "gone", why: notDeclared(name) }),
    ),
    ...(chain && ours
      ? [{ do: "chain", table: "nat", chain: name, rules: null, why: notDeclared(name) } as const]
      : []),
    ...leftovers("nat", gone, host, context),
  ];
  return { ours, steps };
}

export const notDeclared = (name: string) => drift("name", name, undefined);

/** Throws a Refusal: taking the chain away would take with it what others have put into it. */
function mustBeUnused(name: string, inside: Rule[], table: Table | undefined): void {
  const jumps = [...(table ?? [])].flatMap(([chain, { rules }]) =>
    chain === name
      ? []
      : rules.filter((rule) => factsOf(rule).target === name && !noteOf(rule)).map((rule) => ({ chain, rule })),
  );
  const found = [...inside.map((rule) => ({ chain: name, rule })), ...jumps][0];
  if (!found) return;
  const owner = noteOf(found.rule)?.mark;
  throw new Refusal(
    `chain ${name} of table nat is still in use, so it stays: \`-A ${found.chain} ${shownRule(found.rule)}\` is ${owner ? `of ${ownerName(owner)}` : "not ours"}; remove that first`,
  );
}
