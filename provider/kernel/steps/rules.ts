import { applyFirewall } from "../iptables/apply-firewall.js";
import { shownRule } from "../iptables/rule-comment.js";
import type { FirewallStep, NatStep, RulesStep } from "../plan.js";
import type { RulesRow } from "./row.js";

/** A row of what one `iptables-restore` does. */
const firewall = <S extends FirewallStep>(print: (step: S) => string): RulesRow<S> => ({
  phase: "rules",
  tool: "firewall",
  print,
  apply: (snapshot, step) => {
    snapshot.firewall = applyFirewall(snapshot.firewall, [step]);
  },
});

/** Of NatChains what needs no backend, see services/steps.ts. */
type RuleSteps = { [Kind in Exclude<RulesStep["do"], "nat">]: RulesRow<RulesStep & { do: Kind }> } & {
  nat: Omit<RulesRow<NatStep>, "tool" | "apply">;
};

export const RULE_STEPS: RuleSteps = {
  chain: firewall(({ table, chain, rules }) => `${table} ${chain}: ${rules?.map(shownRule).join("; ") ?? "removed"}`),
  rule: firewall(({ table, chain, at, rule }) => `${table} ${chain} ${at}: ${shownRule(rule)}`),
  mark: firewall(({ table, chain, mark, rule }) => `${table} ${chain} ${mark}: ${shownRule(rule)}`),
  dropEmptyTable: firewall(({ table }) => `table ${table} removed`),
  listedRule: {
    phase: "rules",
    tool: "handles",
    print: ({ table, chain, handle }) => `${table} ${chain} gone: handle ${handle}`,
    // What iptables can't show is not in the model.
    apply: () => {},
  },
  nat: {
    phase: "rules",
    print: ({ backend, chain, change }) => {
      const [what, wish] = "chain" in change ? ["chain", change.chain] : [`service ${change.service}`, change.state];
      return `${backend} ${chain} ${what}: ${wish === null ? "removed" : JSON.stringify(wish)}`;
    },
  },
};
