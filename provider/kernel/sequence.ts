import { applySteps } from "./apply.js";
import type { Step } from "./plan.js";
import type { Snapshot } from "./snapshot.js";
import { isFirewall, isNat } from "./steps/table.js";

/**
 * The steps that these parts of a plan give. Each part sees the rules as those before it will leave
 * them.
 */
export function inSequence(host: Snapshot, parts: ((host: Snapshot) => Step[])[]): Step[] {
  const now = { ...host };
  return parts.flatMap((part) => {
    const steps = part(now);
    applySteps(
      now,
      steps.filter((step) => isFirewall(step) || isNat(step)),
    );
    return steps;
  });
}
