import { applyStep } from "../../provider/services/steps.js";
import { FakeHost } from "../support/fake-host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { stateOf } from "../support/state-of.js";
import type { Rig } from "./made.js";
import { remarkModel } from "./remark.js";

/** A host that is a model. */
export async function fakeRig(): Promise<Rig> {
  const host = new FakeHost();
  return {
    lifecycle: (kind) => lifecycleOn(host, kind),
    // It is looked at anew each time.
    newRun: () => {},
    byHand: async (step) => applyStep(host.snapshot, step),
    remark: async (from, to) => remarkModel(host.snapshot, from, to),
    dump: async () => stateOf(host.snapshot),
  };
}
