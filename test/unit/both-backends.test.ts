import { expect, it } from "vitest";
import { FakeHost } from "../support/fake-host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { stateOf } from "../support/state-of.js";

const CHAIN = { name: "A-SERVICES", vipRange: "10.7.0.0/24", __owner: "t/s/chain" };

it.each([
  ["iptables", "nftables"],
  ["nftables", "iptables"],
])(
  "a chain that is noted on %s and that a killed run has put on %s too is gone from both when deleted, and so is the route of its range",
  async (noted, too) => {
    const [elsewhere, host] = [new FakeHost(), new FakeHost()];
    const pristine = stateOf(host.snapshot);
    await lifecycleOn(elsewhere, "natChain").create({ ...CHAIN, backend: too });
    const { id, outs } = await lifecycleOn(host, "natChain").create({ ...CHAIN, backend: noted });
    if (too === "nftables") host.snapshot.services = elsewhere.snapshot.services;
    else host.snapshot.firewall = elsewhere.snapshot.firewall;
    await lifecycleOn(host, "natChain").delete(id, outs);
    expect(stateOf(host.snapshot)).toEqual(pristine);
  },
);
