import type { Context } from "../../definition.js";
import { factsOf } from "../../kernel/iptables/rule-facts.js";
import { type Rule, tableOf } from "../../kernel/iptables/ruleset.js";
import type { Step } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { asOwner } from "../../ownership/acting.js";
import { noteOf } from "../../ownership/comment.js";
import { prefixOf } from "../chain-name.js";
import { LAYOUT } from "../layout-age.js";
import { planIn } from "./in-family.js";
import { chainPlan, chainRemoval, isAnchor, jumpsTo } from "./nat-chain-rules.js";

const NAT6 = tableOf("ip6", "nat");

/** With which hooks a NatChain is in a table nat, and by whose mark; undefined where no rule of this product says so. */
function found(name: string, table: "nat" | "ip6 nat", { firewall }: Snapshot) {
  const content = firewall.get(table);
  const jumps = jumpsTo(name, content).filter(({ rule }) => noteOf(rule));
  const own = content?.get(name)?.rules.filter(isAnchor) ?? [];
  const [anchor] = [...jumps.map(({ rule }) => rule), ...own];
  const mark = anchor && noteOf(anchor)?.mark;
  return mark === undefined ? undefined : { mark, hooks: jumps.map(({ chain }) => chain) };
}

/** Acting for the chain's owner, with what the service's state file knows of the table. */
const forOwner = (mark: string, context: Context): Context => {
  const { newTables, newChains } = context.previous ?? {};
  return { ...asOwner(mark, context), ...(context.previous && { previous: { newTables, newChains, ...LAYOUT } }) };
};

/** The steps that bring a NatChain into IPv6's table nat, as it is in IPv4's and of the same owner; none where it is there. */
export function chain6Steps(name: string, host: Snapshot, context: Context, why: string): Step[] {
  if (host.firewall.get(NAT6)?.has(name)) return [];
  const chain = found(name, "nat", host);
  if (!chain) return [];
  const { hooks } = chain;
  return planIn("ip6", host, forOwner(chain.mark, context), (seen, as) =>
    chainPlan({ name, hooks, rules: [] }, seen, as).map((step) => ({ ...step, why })),
  );
}

/** The steps that take it away again when nothing is in it any more. */
export function chain6Removal(name: string, host: Snapshot, context: Context, why: string): Step[] {
  const chain = found(name, NAT6, host);
  if (!chain || !isIdle6(name, host)) return [];
  const { hooks } = chain;
  return planIn("ip6", host, forOwner(chain.mark, context), (seen, as) =>
    chainRemoval({ name, hooks, rules: [] }, seen, as).steps.map((step) => ({ ...step, why })),
  );
}

/** Is nothing in it that leads anywhere, nor left of a service? Its owner's DNAT rules count for all but for him. */
export function isIdle6(name: string, { firewall }: Snapshot, forItsOwner = false): boolean {
  const table = firewall.get(NAT6);
  const isOwn = (rule: Rule) => noteOf(rule) !== undefined && isAnchor(rule);
  const rules = table?.get(name)?.rules ?? [];
  const used = rules.some((rule) => factsOf(rule).target !== undefined && !(forItsOwner && isOwn(rule)));
  const prefix = `${prefixOf(name)}-SVC-`;
  return !used && ![...(table?.keys() ?? [])].some((chain) => chain.startsWith(prefix));
}
