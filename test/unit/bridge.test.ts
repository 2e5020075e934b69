import { expect, it } from "vitest";
import { bridge } from "../../provider/resources.js";
import { Planner } from "../support/planner.js";

// It is here since a kernel may lack VLANs on bridges. Other arguments are in
// test/kernel/drift.test.ts.
it.each([true, false])(
  "vlanFiltering that somebody switched is named with both values, and alone mended: %s",
  (declared) => {
    const on = new Planner();
    const inputs = { name: "br0", vlanFiltering: declared };
    const state = on.up(bridge, inputs, on.context("b"));
    on.host.links.get("br0")!.options = { vlan_filtering: declared ? "0" : "1" };
    expect(on.plan(bridge, inputs, on.context("b", state))).toMatchObject([
      {
        set: { type: { kind: "bridge", options: { vlan_filtering: declared ? "1" : "0" } } },
        why: `vlanFiltering: found ${!declared}, declared ${declared}`,
      },
    ]);
    on.up(bridge, inputs, on.context("b", state));
    expect(on.plan(bridge, inputs, on.context("b", state))).toEqual([]);
  },
);
