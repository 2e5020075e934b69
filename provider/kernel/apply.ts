import { applyFirewall } from "./iptables/apply-firewall.js";
import type { Step } from "./plan.js";
import type { Snapshot } from "./snapshot.js";
import { applyTo, isFirewall } from "./steps/table.js";

/**
 * What a host looks like after a step: changes `snapshot` in place. A group of operations is
 * planned one after the other on such a model, so that each sees what the ones before it will have
 * done. The tests' fake host is nothing but this.
 */
export const applyStep = (snapshot: Snapshot, step: Step): void => applyTo(snapshot, step);

/** The same for many steps: those of the firewall that stand together are one change. */
export function applySteps(snapshot: Snapshot, steps: Step[]): void {
  for (let at = 0; at < steps.length; at++) {
    const first = at;
    while (at < steps.length && isFirewall(steps[at]!)) at++;
    snapshot.firewall = applyFirewall(snapshot.firewall, steps.slice(first, at).filter(isFirewall));
    if (at < steps.length) applyStep(snapshot, steps[at]!);
  }
}
