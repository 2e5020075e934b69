import { FakeHost } from "../../provider/host/fake.js";
import { type Lifecycle, lifecycle } from "../../provider/lifecycle.js";
import { applyStep } from "../../provider/model/apply.js";
import * as resources from "../../provider/resources/index.js";
import { battery } from "./battery.js";
import type { Kind } from "./cases.js";

battery("fake", async () => {
  const host = new FakeHost();
  const of = (kind: Kind) => lifecycle(resources[kind] as Parameters<typeof lifecycle>[0], () => host) as Lifecycle;
  return {
    lifecycle: of,
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
