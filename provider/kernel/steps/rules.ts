import { shownRule } from "../../ownership/comment.js";
import { applyChanges, backendNamed } from "../../services/backend-named.js";
import { applyFirewall } from "../iptables/apply-firewall.js";
import type { FirewallStep, RulesStep } from "../plan.js";
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

export const RULE_STEPS: { [Kind in RulesStep["do"]]: RulesRow<RulesStep & { do: Kind }> } = {
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
    // A NatChain that changes its backend is whole on the new one before it goes from the old.
    tool: ({ backend, change }) => {
      if (backendNamed(backend).inFirewall) return "firewall";
      return "chain" in change && change.chain === null ? "services, last" : "services";
    },
    print: ({ backend, chain, change }) => {
      const [what, wish] = "chain" in change ? ["chain", change.chain] : [`service ${change.service}`, change.state];
      return `${backend} ${chain} ${what}: ${wish === null ? "removed" : JSON.stringify(wish)}`;
    },
    apply: (snapshot, step) => applyChanges(snapshot, step.backend, [step]),
  },
};
