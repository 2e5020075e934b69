import { applyFirewall } from "../kernel/iptables/apply-firewall.js";
import type { Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { RuleTool } from "../kernel/steps/row.js";
import { isFirewall, isNat, KERNEL_STEPS, type StepTable } from "../kernel/steps/table.js";
import { applyChanges, backendNamed } from "./backend-named.js";

const STEPS: StepTable = {
  ...KERNEL_STEPS,
  nat: {
    ...KERNEL_STEPS.nat,
    // A NatChain that changes its backend is whole on the new one before it goes from the old.
    tool: ({ backend, change }) => {
      if (backendNamed(backend).inFirewall) return "firewall";
      return "chain" in change && change.chain === null ? "services, last" : "services";
    },
    apply: (snapshot, step) => applyChanges(snapshot, step.backend, [step]),
  },
};

// A row takes steps of its kind alone, which TypeScript can't tell of a step of any kind.
const rowOf = <R>({ do: kind }: Step): R => STEPS[kind] as R;

/**
 * What a host looks like after a step: changes `snapshot` in place. A group of operations is
 * planned one after the other on such a model, so that each sees what the ones before it will have
 * done. The tests' fake host is nothing but this.
 */
export const applyStep = (snapshot: Snapshot, step: Step): void =>
  rowOf<{ apply(snapshot: Snapshot, step: Step): void }>(step).apply(snapshot, step);

/**
 * The same for many steps: those of the firewall, and those of one backend, that stand together are
 * one change.
 */
export function applySteps(snapshot: Snapshot, steps: Step[]): void {
  for (let at = 0; at < steps.length; ) {
    const kind = kindOf(steps[at]!);
    const first = at++;
    while (at < steps.length && kind !== undefined && kindOf(steps[at]!) === kind) at++;
    const together = steps.slice(first, at);
    if (kind === "firewall") snapshot.firewall = applyFirewall(snapshot.firewall, together.filter(isFirewall));
    else if (kind !== undefined) applyChanges(snapshot, kind, together.filter(isNat));
    else applyStep(snapshot, together[0]!);
  }
}

/** What steps are one change with; undefined for those that stand alone. */
const kindOf = (step: Step): string | undefined =>
  isFirewall(step) ? "firewall" : isNat(step) ? step.backend : undefined;

/** What changes the rules that a step is about; undefined where it is about none. */
export function ruleToolOf(step: Step): RuleTool | undefined {
  const { tool } = rowOf<{ tool?: RuleTool | ((step: Step) => RuleTool) }>(step);
  return typeof tool === "function" ? tool(step) : tool;
}
