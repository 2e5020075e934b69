import { FakeHost } from "../../provider/host/fake.js";
import { applyStep } from "../../provider/model/apply.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { stateOf } from "../support/state-of.js";
import { battery } from "./battery.js";

battery("fake", async () => {
  const host = new FakeHost();
  return {
    lifecycle: (kind) => lifecycleOn(host, kind),
    byHand: async (step) => applyStep(host.snapshot, step),
    dump: async () => stateOf(host.snapshot),
  };
});
