import { applyFirewall } from "./iptables/apply-firewall.js";
import type { Step } from "./plan.js";
import type { Snapshot } from "./snapshot.js";
import { isFirewall } from "./steps/table.js";

/**
 * The steps that these parts of a plan give. Each part sees the firewall as the steps on it of the
 * parts before will leave it.
 */
export function inSequence(host: Snapshot, parts: ((host: Snapshot) => Step[])[]): Step[] {
  const now = { ...host };
  return parts.flatMap((part) => {
    const steps = part(now);
    now.firewall = applyFirewall(now.firewall, steps.filter(isFirewall));
    return steps;
  });
}
