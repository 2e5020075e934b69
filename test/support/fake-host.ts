import type { HostApi } from "../../provider/host/host.js";
import type { Work } from "../../provider/host/work.js";
import { FORWARDING } from "../../provider/kernel/family.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import { isWaiting } from "../../provider/links/interface-sysctls.js";
import { applyStep } from "../../provider/services/steps.js";

/**
 * A host in memory: the same model that groups are planned on. It believes every step; what the
 * kernel would refuse otherwise is the kernel tests' business.
 */
export class FakeHost implements HostApi {
  readonly name = "fake host";
  /** What it looks like now; tests change it by hand to make drift. */
  snapshot: Snapshot = emptySnapshot();
  /** All steps that were run, oldest first. */
  readonly log: Step[] = [];

  view(): Promise<Snapshot> {
    return Promise.resolve(this.snapshot);
  }

  apply<T>(work: Work<T>): Promise<T> {
    return new Promise((resolve) => {
      const model = structuredClone(this.snapshot);
      const { steps, result } = work.plan(structuredClone(this.snapshot));
      for (const step of steps) {
        mustBePossible(model, step);
        applyStep(model, step);
        forgetSysctls(model);
      }
      this.snapshot = model;
      this.log.push(...steps);
      resolve(result);
    });
  }
}

/** A sysctl of an interface is there as long as the interface is. */
function mustBePossible({ namespaces }: Snapshot, step: Step): void {
  if (step.do !== "sysctl" || step.namespace === undefined) return;
  if (isWaiting(step.key, namespaces.get(step.namespace)))
    throw new Error(`sysctl: cannot stat /proc/sys/${step.key.replaceAll(".", "/")}: No such file or directory`);
}

function forgetSysctls({ namespaces }: Snapshot): void {
  for (const view of namespaces.values())
    for (const key of view.sysctls.keys()) if (isWaiting(key, view)) view.sysctls.delete(key);
}

export function emptySnapshot(): Snapshot {
  return {
    links: new Map(),
    routes: [],
    namespaces: new Map(),
    resolvConfs: new Map(),
    firewall: new Map(),
    services: new Map(),
    sysctls: new Map(Object.values(FORWARDING).map((key) => [key, "0"])),
    machineId: "fake",
  };
}
