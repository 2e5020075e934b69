import { applyChanges } from "../services/backend-named.js";
import { applyFirewall } from "./iptables/apply-firewall.js";
import type { Step } from "./plan.js";
import type { Snapshot } from "./snapshot.js";
import { applyTo, isFirewall, isNat } from "./steps/table.js";

/**
 * What a host looks like after a step: changes `snapshot` in place. A group of operations is
 * planned one after the other on such a model, so that each sees what the ones before it will have
 * done. The tests' fake host is nothing but this.
 */
export const applyStep = (snapshot: Snapshot, step: Step): void => applyTo(snapshot, step);

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
