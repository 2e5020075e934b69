import { expect, it } from "vitest";
import { parseAddrs } from "../../provider/host/ip-json.js";
import { inverseOf, printed } from "../../provider/kernel/steps/table.js";
import { choice, flag, type LinkKind } from "../../provider/links/kind.js";
import { linkOptions } from "../../provider/links/kinds.js";
import { linkPlan } from "../../provider/links/own-link.js";
import { applyStep } from "../../provider/services/steps.js";
import { emptySnapshot } from "../support/fake-host.js";
import { linkAdd } from "../support/ip-steps.js";

interface Options {
  mode: "vepa" | "bridge" | "passthru";
  nopromisc: boolean;
}

/** One with more settings than the product's: a row is all that is needed. */
const macvlan: LinkKind<Options> = {
  name: "macvlan",
  settings: {
    mode: choice<Options["mode"]>("mode", "vepa", (...modes) => modes.includes("passthru")),
    nopromisc: flag("nopromisc"),
  },
};
const wish = (options: Partial<Options>, parent = "eth0") => ({
  kind: macvlan,
  name: "mv0",
  macAddress: "02:00:00:00:00:01",
  parent,
  options: { mode: "bridge" as const, nopromisc: false, ...options },
});

function planned(options: Partial<Options>, parent?: string) {
  const host = emptySnapshot();
  for (const step of [linkAdd("eth0", "veth"), linkAdd("eth1", "veth")]) applyStep(host, step);
  for (const step of linkPlan(wish({}), undefined).steps) applyStep(host, step);
  const { steps } = linkPlan(wish(options, parent), host.links.get("mv0"));
  for (const step of steps) applyStep(host, step);
  expect(linkPlan(wish(options, parent), host.links.get("mv0")).steps).toEqual([]);
  return steps;
}

it("a link is made with what its kind is told, and nothing that is so anyway", () => {
  const { steps } = linkPlan(wish({}), undefined);
  expect(steps.map(printed)).toEqual([
    "ip link add name mv0 address 02:00:00:00:00:01 link eth0 type macvlan mode bridge",
  ]);
  expect(steps.map((step) => printed(inverseOf(step)!))).toEqual(["ip link del dev mv0"]);
});

it("what the kernel can change is changed in place, and back", () => {
  const steps = planned({ mode: "vepa", nopromisc: true });
  expect(steps.map(({ why }) => why)).toEqual([
    "mode: found bridge, declared vepa",
    "nopromisc: found false, declared true",
  ]);
  expect(steps.map(printed)).toEqual([
    "ip link set dev mv0 type macvlan mode vepa",
    "ip link set dev mv0 type macvlan nopromisc 1",
  ]);
  expect(steps.map((step) => printed(inverseOf(step)!))).toEqual([
    "ip link set dev mv0 type macvlan mode bridge",
    "ip link set dev mv0 type macvlan nopromisc 0",
  ]);
});

it.each([
  ["a setting", { mode: "passthru" }, "eth0", "mode: found bridge, declared passthru"],
  ["the link below", {}, "eth1", "link: found eth0, declared eth1"],
] as const)("what it can't change makes the link again: %s", (_what, options, parent, why) => {
  const steps = planned(options, parent);
  expect(steps.map((step) => step.do)).toEqual(["link.delete", "link.add"]);
  expect(steps.map((step) => step.why)).toEqual([why, why]);
});

const listed = { ifindex: 1, ifname: "x", flags: ["UP"], mtu: 1500 };

it.each([
  ["bridge", { stp_state: 1, vlan_filtering: 0, ageing_time: 30000 }, { stp_state: "1", vlan_filtering: "0" }],
  ["bridge", { stp_state: 2 }, { stp_state: "1" }],
  ["unknown", { stp_state: 1 }, {}],
])("of a %s with %j the settings that we know are read", (info_kind, info_data, options) => {
  expect(parseAddrs([{ ...listed, linkinfo: { info_kind, info_data } }], linkOptions)).toMatchObject([{ options }]);
});

it("a port's settings are read by the kind of its master", () => {
  const linkinfo = { info_kind: "veth", info_slave_kind: "bridge", info_slave_data: { hairpin: true } };
  expect(parseAddrs([{ ...listed, linkinfo }], linkOptions)).toMatchObject([{ options: {}, port: { hairpin: "on" } }]);
});

it("a setting of a form that we don't know is an error, and no other value", () => {
  const linkinfo = { info_kind: "bridge", info_data: { stp_state: "on" } };
  expect(() => parseAddrs([{ ...listed, linkinfo }], linkOptions)).toThrow(/ip -json.*stp_state/s);
});
