import { beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "../../provider/kernel/errors.js";
import type { LinkOptions } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import { printed } from "../../provider/kernel/steps/table.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { parseInputs } from "../../provider/lifecycle/inputs.js";
import { lifecycle } from "../../provider/lifecycle/lifecycle.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import { macvlan } from "../../provider/resources.js";
import { applyStep } from "../../provider/services/steps.js";
import { FakeHost } from "../support/fake-host.js";
import { linkAdd, linkSet } from "../support/ip-steps.js";
import { lifecycleOn } from "../support/lifecycles.js";

const MAC = "02:00:00:00:00:aa";
const owned = (args: Inputs, resource = "m"): Inputs => ({
  name: "mv0",
  link: "eth0",
  ...args,
  __owner: `p/s/${resource}`,
});

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
  for (const step of [
    linkAdd("eth0", "veth", { macAddress: MAC, mtu: 1400 }),
    linkAdd("eth1", "veth"),
    linkAdd("br0", "bridge"),
    linkAdd("vrf0", "vrf"),
  ])
    applyStep(host.snapshot, step);
});

const calls = () => lifecycleOn(host, "macvlan");
const said = () => host.log.splice(0).map(printed);
const linkNamed = (name: string) => (host.snapshot as Snapshot).links.get(name);

describe("check refuses", () => {
  it.each<[string, Inputs, string]>([
    ["its own name", { link: "mv0" }, 'link: "mv0" is this interface itself: name the one that it is on top of'],
    ["no link", { link: undefined }, 'link: is missing: write text, as in "a"'],
    [
      "a mode that is none",
      { mode: "source" },
      'mode: "source" is not "bridge" or "private" or "vepa" or "passthru": write one of these',
    ],
    [
      "a MAC address where it has its link's",
      { mode: "passthru", macAddress: MAC },
      `macAddress: ${MAC} would become that of eth0, with which a macvlan in mode passthru shares its own: leave it out, or take another mode`,
    ],
    [
      "an MTU that IPv6 doesn't take",
      { mtu: 1200, addresses: ["fd00::5/64"] },
      "mtu: 1200 is too small for fd00::5/64: IPv6 takes no link of less than 1280 bytes (RFC 8200), so write 1280 or more",
    ],
  ])("%s", (_what, args, reason) => {
    const { failures = [] } = parseInputs(macvlan, owned(args));
    expect(failures.map((each) => `${each.property}: ${each.reason}`)).toEqual([reason]);
  });

  it.each([
    ["passthru", "bridge", "mode: bridge needs a part of eth0, and mv0 takes all of it"],
    ["private", "passthru", "mode: passthru takes all of eth0, and mv0 is on it"],
    ["passthru", "passthru", 'link: all of interface eth0 is declared by Macvlan "m" already'],
  ])("on one link of a program %s and then %s", async (first, second, reason) => {
    const run = new (class extends Run {
      override lacking = async () => [];
    })(product, { host });
    const { check } = lifecycle(run, macvlan);
    expect((await check({}, owned({ mode: first }))).failures).toEqual([]);
    const other = owned({ name: "mv1", mode: second }, "n");
    const { failures } = await check({}, other);
    expect(failures.map((each) => `${each.property}: ${each.reason}`)).toEqual([expect.stringContaining(reason)]);
    expect((await check({}, { ...other, link: "eth1" })).failures).toEqual([]);
  });
});

describe("what the kernel would not do is refused by the argument", () => {
  it.each<[string, Inputs, string]>([
    ["no such link", { link: "eth9" }, "link: there is no interface eth9: declare it, or depend on what makes it"],
    [
      "a macvlan on a macvlan",
      { link: "mv9" },
      "link: mv9 is a macvlan, and the kernel puts one on a macvlan beside it: name eth1",
    ],
    [
      "a port of a bridge",
      { link: "v9" },
      "link: v9 is a port of br0, which gets all that it receives: name br0, or a link that is no port",
    ],
    [
      "more than its link takes",
      { mtu: 1401 },
      "mtu: 1401 is more than the 1400 of eth0: write 1400 or less, or raise that of eth0 first",
    ],
    [
      "its link's MAC address",
      { macAddress: MAC.toUpperCase() },
      `macAddress: ${MAC.toUpperCase()} is that of eth0: choose another, or leave it out`,
    ],
  ])("%s", async (_what, args, message) => {
    for (const step of [
      linkAdd("mv9", "macvlan", { parent: "eth1" }),
      linkAdd("v9", "veth"),
      linkSet("v9", { master: "br0" }),
    ])
      applyStep(host.snapshot, step);
    const thrown = await calls()
      .create(owned(args))
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Refusal);
    expect((thrown as Refusal).message).toBe(message);
    expect(linkNamed("mv0")).toBeUndefined();
  });

  it("but a member of a VRF carries one", async () => {
    applyStep(host.snapshot, linkSet("eth1", { master: "vrf0" }));
    await calls().create(owned({ link: "eth1" }));
    expect(linkNamed("mv0")).toMatchObject({ parent: "eth1", up: true });
  });
});

it("begins with the MTU of its link, and goes back to it", async () => {
  const { id, outs } = await calls().create(owned({ mtu: 1300 }));
  expect(linkNamed("mv0")).toMatchObject({ mtu: 1300 });
  said();
  const { outs: free } = await calls().update(id, outs, owned({}));
  expect(said()).toEqual(["ip link set dev mv0 mtu 1400"]);
  applyStep(host.snapshot, linkSet("eth0", { mtu: 1290 }));
  expect(linkNamed("mv0")).toMatchObject({ mtu: 1290 });
  expect(await calls().diff(id, free, owned({}))).toEqual({});
});

it("in mode passthru has its link's MAC address, whatever that is, and no output of it", async () => {
  const { id, outs } = await calls().create(owned({ mode: "passthru" }));
  expect(outs).not.toHaveProperty("macAddress");
  applyStep(host.snapshot, linkSet("eth0", { macAddress: "02:00:00:00:00:bb" }));
  expect(linkNamed("mv0")).toMatchObject({ macAddress: "02:00:00:00:00:bb" });
  expect(await calls().diff(id, outs, owned({ mode: "passthru" }))).toEqual({});
  applyStep(host.snapshot, linkSet("mv0", { name: "by_hand" }));
  await calls().delete(id, outs);
  expect(host.snapshot.links.has("by_hand")).toBe(false);
});

it.each<[Inputs, Inputs]>([
  [
    { mtu: 1400, addresses: ["10.0.0.5/24"] },
    { mode: "vepa", mtu: 1300, addresses: [] },
  ],
  [{ mode: "passthru", mtu: 1400 }, { mtu: 1300 }],
  [{ macAddress: "02:00:00:00:00:cc" }, { macAddress: "02:00:00:00:00:dd" }],
])("a refresh of %j notes what it finds: %j", async (declared, found) => {
  const { id, outs } = await calls().create(owned(declared));
  const { mode, ...plain } = found;
  Object.assign(linkNamed("mv0")!, plain, mode !== undefined && { options: { mode } });
  const seen = await calls().read(id, outs);
  expect(seen.inputs).toEqual({ ...owned(declared), ...found });
  const kept = Object.keys(found).map((key) => [key, declared[key] ?? null]);
  expect(seen.props).toEqual({ ...outs, ...found, __declared: Object.fromEntries(kept) });
});

it("what a killed run has left without a mark is told by its MAC address, which passthru has none of", async () => {
  const { outs } = await calls().create(owned({}));
  linkNamed("mv0")!.alias = undefined;
  expect((await calls().create(owned({}))).outs.macAddress).toBe(outs.macAddress);
  applyStep(host.snapshot, linkAdd("mv9", "macvlan", { parent: "eth1", options: { mode: "passthru" } }));
  const whole = owned({ name: "mv9", link: "eth1", mode: "passthru" }, "n");
  await expect(calls().create(whole)).rejects.toThrow(/interface mv9 exists already.*adopt: true/);
  await calls().create({ ...whole, adopt: true });
});

describe("a change", () => {
  it.each<[string, Inputs, Inputs, object]>([
    ["of the mode", {}, { mode: "vepa" }, {}],
    ["to passthru", { mode: "vepa" }, { mode: "passthru" }, { replaces: ["mode"], deleteBeforeReplace: true }],
    ["from passthru", { mode: "passthru" }, {}, { replaces: ["mode"], deleteBeforeReplace: true }],
    ["of the link", {}, { link: "eth1" }, { replaces: ["link"], deleteBeforeReplace: true }],
    ["of the name", {}, { name: "mv1" }, { replaces: ["name"], deleteBeforeReplace: false }],
    [
      "of the name where the kernel has neither address twice",
      { macAddress: "02:00:00:00:00:cc" },
      { name: "mv1", macAddress: "02:00:00:00:00:CC" },
      { replaces: ["name"], deleteBeforeReplace: true },
    ],
    [
      "of the name where it has all of its link",
      { mode: "passthru" },
      { name: "mv1", mode: "passthru" },
      { replaces: ["name"], deleteBeforeReplace: true },
    ],
  ])("%s: %j to %j", async (_what, before, now, diff) => {
    const { id, outs } = await calls().create(owned(before));
    expect(await calls().diff(id, outs, owned(now))).toEqual(diff);
  });
});

it.each<[string, string, LinkOptions, string]>([
  ["on another link", "eth1", { mode: "bridge" }, "link: found eth1, declared eth0"],
  ["with all of its link", "eth0", { mode: "passthru" }, "mode: found passthru, declared bridge"],
])("one that somebody made again %s is made as it was", async (_what, parent, options, why) => {
  const { id, outs } = await calls().create(owned({}));
  const { alias, macAddress } = linkNamed("mv0")!;
  const before = structuredClone(linkNamed("mv0"));
  for (const step of [linkAdd("mv0", "macvlan", { parent, options, macAddress }), linkSet("mv0", { alias, up: true })])
    applyStep(host.snapshot, step);
  said();
  expect(await calls().diff(id, outs, owned({}))).toEqual({ changes: true });
  const seen = await calls().read(id, outs);
  expect(seen.props).toEqual(outs);
  await calls().update(id, outs, owned({}));
  expect(host.log.slice(0, 2).map((step) => [printed(step), step.why])).toEqual([
    ["ip link del dev mv0", why],
    [`ip link add name mv0 address ${macAddress} link eth0 type macvlan mode bridge`, why],
  ]);
  expect({ ...linkNamed("mv0"), index: 0 }).toEqual({ ...before, index: 0 });
});
