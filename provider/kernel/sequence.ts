import { applyFirewall } from "./iptables/apply-firewall.js";
import type { Step } from "./plan.js";
import type { Snapshot } from "./snapshot.js";
import { isFirewall } from "./steps/table.js";

/** The steps that these parts of a plan give, each on the firewall as those before it will leave it. */
export function inSequence(host: Snapshot, parts: ((host: Snapshot) => Step[])[]): Step[] {
  let now = host;
  return parts.flatMap((part) => {
    const steps = part(now);
    now = { ...now, firewall: applyFirewall(now.firewall, steps.filter(isFirewall)) };
    return steps;
  });
}
