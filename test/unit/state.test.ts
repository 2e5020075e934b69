import { describe, expect, it } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { applyStep } from "../../provider/services/steps.js";
import { FakeHost } from "../support/fake-host.js";
import { linkAdd } from "../support/ip-steps.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";

const __owner = "p/s/x";
const CURE = /If a newer version of pulumi-hostnet wrote it, run that one; else correct it with pulumi stack export/;

interface Case {
  kind: Kind;
  on?: string;
  needs?: [Kind, Inputs][];
  inputs: Inputs;
  /** What somebody has made of an argument or an output, and what the error says of it. */
  edited: { outs: Inputs; says: string };
}

const endpoints = [{ name: "E1", address: "10.0.0.8", weight: 3 }];
const services = [{ name: "S", address: "10.9.0.1", ports: [{ port: 80 }], endpoints }];
const chain = (backend: string): [Kind, Inputs] => ["natChain", { name: "A-SERVICES", backend, __owner: "p/s/c" }];
const vip = { chain: "A-SERVICES", name: "W", address: "FD00:9::3", ports: [{ port: 80, nodePort: 30080 }], __owner };

const onBackend = (backend: string): Case[] => [
  {
    kind: "natChain",
    on: ` on ${backend}`,
    inputs: { name: "A-SERVICES", backend, vipRange: "10.9.0.0/24", services, __owner },
    edited: { outs: { vips: { S: { url: 5 } } }, says: "vips.S.url: 5 is of the wrong type" },
  },
  {
    kind: "serviceVip",
    on: ` on ${backend}`,
    needs: [chain(backend)],
    inputs: vip,
    edited: { outs: { hostPort: 80 }, says: "hostPort: 80 is of the wrong type" },
  },
  {
    kind: "endpoint",
    on: ` on ${backend}`,
    needs: [chain(backend), ["serviceVip", vip]],
    inputs: { service: "A-SERVICES/W", name: "W1", address: "fd00:8::4", ready: true, __owner },
    edited: { outs: { weight: -1 }, says: "weight: -1 is no weight" },
  },
];

const CASES: Case[] = [
  {
    kind: "bridge",
    inputs: { name: "b", addresses: ["10.0.0.1/24"], mtu: 1400, forward: true, masquerade: ["10.0.0.0/24"], __owner },
    edited: { outs: { mtu: "big" }, says: 'mtu: "big" is of the wrong type' },
  },
  {
    kind: "macvlan",
    inputs: { name: "m", link: "wire", addresses: ["10.0.0.5/24"], __owner },
    edited: { outs: { mode: "source" }, says: 'mode: "source" is not "bridge" or "private"' },
  },
  {
    kind: "netNamespace",
    inputs: { name: "n", nameservers: ["8.8.8.8"], __owner },
    edited: { outs: { path: 7 }, says: "path: 7 is of the wrong type" },
  },
  {
    kind: "vethPair",
    inputs: { name: "v", peer: { name: "eth0", addresses: ["10.0.0.2/24"], gateway: "10.0.0.1" }, __owner },
    edited: { outs: { peerMacAddress: "x" }, says: 'peerMacAddress: "x" is no MAC address' },
  },
  ...onBackend("iptables"),
  ...onBackend("nftables"),
];
const SERVICES: Kind[] = ["natChain", "serviceVip", "endpoint"];
const titled = CASES.map((each) => ({ ...each, title: each.kind + (each.on ?? "") }));

describe.each(titled)("the state of a $title", ({ kind, needs = [], inputs, edited }) => {
  /** What becomes of each call that gets a state, after it was spoiled. */
  async function failures(spoil: (outs: Inputs) => Inputs): Promise<string[]> {
    const host = new FakeHost();
    applyStep(host.snapshot, linkAdd("wire", "veth"));
    for (const [needed, args] of needs) await lifecycleOn(host, needed).create(args);
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
    const flat = ({ __noted, ...outs }: Inputs) => ({ ...outs, ...(__noted as Inputs) });
    expect(await failures(flat)).toEqual([]);
    // Of services it noted the age of their layout too.
    if (SERVICES.includes(kind)) {
      const dated = ({ __noted, ...outs }: Inputs) => ({ ...outs, __noted: { ...(__noted as Inputs), layout: 1 } });
      expect(await failures(dated)).toEqual([]);
      expect(await failures((outs) => flat(dated(outs)))).toEqual([]);
    }
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
