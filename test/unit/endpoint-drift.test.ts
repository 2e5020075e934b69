import { beforeEach, describe, expect, it } from "vitest";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { natTablesOf } from "../support/nat-tables.js";
import { Planner } from "../support/planner.js";

/** An element that somebody changes by hand is of one endpoint, and is said of that one. */
const SERVICE = { chain: "A-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80, targetPort: 8080 }] };
const endpoints = [1, 2].map((n) => ({
  service: "A-SERVICES/WEB",
  name: `WEB${n}`,
  address: `10.0.0.${n}`,
  weight: 2 * n - 1,
}));

let on: Planner;
let states: Record<string, unknown>[];
beforeEach(() => {
  on = new Planner();
  on.up(natChain, { name: "A-SERVICES", backend: "nftables" }, on.context("chain"));
  states = [on.up(serviceVip, SERVICE, on.context("web"))];
  for (const each of endpoints) states.push(on.up(endpoint, each, on.context(each.name)));
});

const items = () => natTablesOf(on.host).get("A-SERVICES")!.items.ip;
const slot = (at: number) => `element tcp-endpoints 10.100.0.1 . 80 . ${at}`;
const findings = () =>
  [
    on.plan(serviceVip, SERVICE, on.context("web", states[0])),
    ...endpoints.map((each, at) => on.plan(endpoint, each, on.context(each.name, states[at + 1]))),
  ].map((steps) => steps.map(({ why }) => why));

describe("one element by hand", () => {
  it("none is no drift", () => expect(findings()).toEqual([[], [], []]));

  it.each<[string, (all: Map<string, string>) => unknown, string]>([
    ["its target", (all) => all.set(slot(1), "10.0.0.9 . 8080"), "address: found 10.0.0.9, declared 10.0.0.2"],
    ["its share", (all) => all.set(slot(1), "10.0.0.1 . 8080"), "weight: found 2 of 3 shares, declared 3"],
    ["a slot that is gone", (all) => all.delete(slot(3)), "weight: found 2 of 3 shares, declared 3"],
    [
      "what lets it answer itself",
      (all) => all.delete("element hairpin 10.0.0.2 . 10.0.0.2"),
      "hairpin { 10.0.0.2 . 10.0.0.2 }: found none, declared present",
    ],
  ])("%s is said of that endpoint alone, and healed by it", (_what, spoil, why) => {
    const before = new Map(items());
    spoil(items());
    expect(findings()).toEqual([[], [], [why]]);
    on.up(endpoint, endpoints[1]!, on.context("WEB2", states[2]));
    expect(items()).toEqual(before);
    expect(findings()).toEqual([[], [], []]);
  });

  it("what leads to the service is said of the service alone", () => {
    items().delete("element services 10.100.0.1 . tcp . 80");
    expect(findings()).toEqual([["services { 10.100.0.1 . tcp . 80 }: found none, declared goto tcp-vip-4"], [], []]);
  });
});
