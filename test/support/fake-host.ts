import type { HostApi } from "../../provider/host/host.js";
import type { Work } from "../../provider/host/work.js";
import { FORWARDING } from "../../provider/kernel/family.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import { applyStep } from "../../provider/services/steps.js";

/**
 * A host in memory: the same model that groups are planned on. It believes every step; what the
 * kernel would refuse is the kernel tests' business.
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
      for (const step of steps) applyStep(model, step);
      this.snapshot = model;
      this.log.push(...steps);
      resolve(result);
    });
  }
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
