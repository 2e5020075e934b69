import { beforeAll, describe, expect, it } from "vitest";
import { batchScripts, plainScripts } from "../../bench/cable-script.js";
import { mustHaveCables } from "../../bench/cables-made.js";
import { cablePlans } from "../../bench/programs/cable-plan.js";
import { differences, hostState, output, requireSandbox, run } from "../support/host.js";

beforeAll(requireSandbox);

const PLANS = cablePlans("bridged", 2);

/** A change by hand, and what the bench must say about it. */
const CHANGES: ReadonlyArray<readonly [change: string, words: string]> = [
  ["ip -n netns_1 route del default", "missing: netns_1: default 10.0.0.1 eth0"],
  ["ip -n netns_1 link set lo down", "missing: netns_1: lo up 127.0.0.1/8\nnot wanted: netns_1: lo down 127.0.0.1/8"],
  ["ip -n netns_1 addr add 10.0.9.9/16 dev eth0", "not wanted: netns_1: eth0 up 10.0.1.2/16 10.0.9.9/16"],
  ["ip link set veth_1 nomaster", "missing: host: veth_1 up bridge_bench"],
  ["ip netns add netns_2", "not wanted: netns_2: lo down"],
];

describe.each(["routed", "bridged"] as const)("%s", (shape) => {
  const plans = cablePlans(shape, 2);
  it.each([
    ["plain", plainScripts(plans)],
    ["batch", batchScripts(plans)],
  ])("the %s script makes what is declared, and leaves nothing", async (_, scripts) => {
    const before = await hostState();
    await output(["sh", "-c", scripts.up]);
    await mustHaveCables(run, plans);
    await expect(mustHaveCables(run, cablePlans(shape, 3))).rejects.toThrow("missing: netns_2: eth0 up 10.");
    await output(["sh", "-c", scripts.destroy]);
    expect(differences(before, await hostState())).toEqual([]);
  });
});

it.each(CHANGES)("the bench doesn't count a time after `%s`", async (change, words) => {
  await output(["sh", "-c", plainScripts(PLANS).up]);
  await output(change.split(" "));
  await expect(mustHaveCables(run, PLANS)).rejects.toThrow(words);
  await output(["sh", "-c", `${plainScripts(PLANS).destroy}ip netns del netns_2 2>/dev/null || :`]);
});
