import { FakeHost } from "../../provider/host/fake.js";
import { applyStep } from "../../provider/model/apply.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { battery } from "./battery.js";

battery("fake", async () => {
  const host = new FakeHost();
  return {
    lifecycle: (kind) => lifecycleOn(host, kind),
    byHand: async (step) => applyStep(host.snapshot, step),
    // Interface indexes tell nothing: they differ each time.
    dump: async () =>
      JSON.parse(
        JSON.stringify(host.snapshot, (key, value) =>
          value instanceof Map ? Object.fromEntries([...value].sort()) : /index$/i.test(key) ? undefined : value,
        ),
      ),
  };
});
