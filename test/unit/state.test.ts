import { describe, expect, it } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { applyStep } from "../../provider/services/steps.js";
import { FakeHost } from "../support/fake-host.js";
import { linkAdd } from "../support/ip-steps.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";

const __owner = "p/s/x";
const INPUTS: Partial<Record<Kind, Inputs>> = {
  bridge: { name: "b", addresses: ["10.0.0.1/24"], mtu: 1400, forward: true, masquerade: ["10.0.0.0/24"], __owner },
  macvlan: { name: "m", link: "wire", addresses: ["10.0.0.5/24"], __owner },
  netNamespace: { name: "n", nameservers: ["8.8.8.8"], __owner },
  vethPair: { name: "v", peer: { name: "eth0", addresses: ["10.0.0.2/24"], gateway: "10.0.0.1" }, __owner },
};
const CURE = /If a newer version of pulumi-hostnet wrote it, run that one; else correct it with pulumi stack export/;

/** What somebody has made of an argument or an output, and what the error says of it. */
const EDITED: Partial<Record<Kind, { outs: Inputs; says: string }>> = {
  bridge: { outs: { mtu: "big" }, says: 'mtu: "big" is of the wrong type' },
  macvlan: { outs: { mode: "source" }, says: 'mode: "source" is not "bridge" or "private"' },
  netNamespace: { outs: { path: 7 }, says: "path: 7 is of the wrong type" },
  vethPair: { outs: { peerMacAddress: "x" }, says: 'peerMacAddress: "x" is no MAC address' },
};

describe.each(Object.entries(INPUTS) as [Kind, Inputs][])("the state of a %s", (kind, inputs) => {
  const edited = EDITED[kind]!;

  /** What becomes of each call that gets a state, after it was spoiled. */
  async function failures(spoil: (outs: Inputs) => Inputs): Promise<string[]> {
    const host = new FakeHost();
    applyStep(host.snapshot, linkAdd("wire", "veth"));
    const calls = lifecycleOn(host, kind);
    const { id, outs } = await calls.create(inputs);
    const before = structuredClone(host.snapshot);
    const olds = spoil(outs);
    const tried = await Promise.allSettled([
      calls.diff(id, olds, inputs),
      calls.update(id, olds, inputs),
      calls.read(id, olds),
      calls.delete(id, olds),
    ]);
    const failed = tried.flatMap((each) => (each.status === "rejected" ? [String(each.reason.message)] : []));
    if (failed.length > 0) expect(host.snapshot).toEqual(before);
    return failed;
  }

  it("is read as this version and 0.1 have written it", async () => {
    expect(await failures((outs) => outs)).toEqual([]);
    expect(await failures(({ __noted, ...outs }) => ({ ...outs, ...(__noted as Inputs) }))).toEqual([]);
  });

  it.each<[string, string, (outs: Inputs) => Inputs]>([
    ["an argument edited by hand", edited.says, (outs) => ({ ...outs, ...edited.outs })],
    [
      "a key of a newer version",
      'speed: "10G" is of a key that this version does not know',
      (outs) => ({ ...outs, speed: "10G" }),
    ],
    [
      "a note of a newer version",
      "newChains: 5 is of the wrong type",
      (outs) => ({ ...outs, __noted: { newChains: 5 } }),
    ],
  ])("that can't be read is an error with key, value and cure: %s", async (_what, says, spoil) => {
    const failed = await failures(spoil);
    expect(failed).toHaveLength(4);
    for (const message of failed) {
      expect(message).toContain(`${String(inputs.name)}: its state can't be read: ${says}`);
      expect(message).toMatch(CURE);
    }
  });
});
