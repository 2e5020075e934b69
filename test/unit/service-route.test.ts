import { beforeEach, describe, expect, it } from "vitest";
import type { Route } from "../../provider/kernel/snapshot.js";
import { natChain, serviceVip } from "../../provider/resources.js";
import { Planner } from "../support/planner.js";

const service = (name: string, address: string, port: number) => ({
  chain: "A-SERVICES",
  name,
  address,
  ports: [{ port }],
});
const ONE = service("ONE", "10.100.0.1", 80);
const TWO = service("TWO", "10.100.0.1", 81);
const route = (to: string, type = "unicast"): Route => ({ to, dev: "eth0", protocol: "static", type });

let on: Planner;
const destinations = () => on.host.routes.map(({ to }) => to);

describe.each(["iptables", "nftables"])("the route to a virtual IP, on %s,", (backend) => {
  const CHAIN = { name: "A-SERVICES", backend };
  beforeEach(() => {
    on = new Planner();
    on.up(natChain, CHAIN, on.context("chain"));
  });

  it("is made when there is none, and stays until the last service of that address goes", () => {
    on.up(serviceVip, ONE, on.context("one"));
    on.up(serviceVip, TWO, on.context("two", undefined, false, "p/other"));
    expect(on.host.routes).toEqual([
      { to: "10.100.0.1/32", dev: "lo", protocol: "104", type: "unicast", via: undefined },
    ]);
    on.down(serviceVip, ONE, on.context("one", ONE));
    expect(destinations()).toEqual(["10.100.0.1/32"]);
    on.down(serviceVip, TWO, on.context("two", TWO, false, "p/other"));
    expect(destinations()).toEqual([]);
  });

  it.each([
    ["a default route", [route("default")], false],
    ["a route to its network", [route("10.100.0.0/16")], false],
    ["a route elsewhere", [route("10.101.0.0/16")], true],
    ["a hole nearer than the default route", [route("default"), route("10.100.0.0/24", "unreachable")], true],
  ])("with %s", (_what, routes, made) => {
    on.host = { ...on.host, routes };
    on.up(serviceVip, ONE, on.context("one"));
    expect(destinations().includes("10.100.0.1/32")).toBe(made);
    on.down(serviceVip, ONE, on.context("one", ONE));
    expect(on.host.routes).toEqual(routes);
  });

  it("follows the address", () => {
    const before = on.up(serviceVip, ONE, on.context("one"));
    on.up(serviceVip, service("ONE", "10.100.0.2", 80), on.context("one", before));
    expect(destinations()).toEqual(["10.100.0.2/32"]);
  });

  it("follows external addresses, even where nothing but the state file knows what they were", () => {
    const before = on.up(serviceVip, { ...ONE, externalIPs: ["10.100.0.3"] }, on.context("one"));
    expect(destinations()).toEqual(["10.100.0.1/32", "10.100.0.3/32"]);
    on.host = { ...on.host, firewall: new Map(), services: new Map() };
    on.up(natChain, CHAIN, on.context("chain", CHAIN));
    on.up(serviceVip, ONE, on.context("one", before));
    expect(destinations()).toEqual(["10.100.0.1/32"]);
  });

  it("is one for the chain's range, when it has one", () => {
    const ranged = { ...CHAIN, vipRange: "10.100.0.0/16" };
    const state = on.up(natChain, ranged, on.context("chain", CHAIN));
    on.up(serviceVip, ONE, on.context("one"));
    expect(destinations()).toEqual(["10.100.0.0/16"]);
    on.up(natChain, { ...CHAIN, vipRange: "10.100.0.0/24" }, on.context("chain", state));
    // The service was without any for a moment, so it has its own.
    expect(destinations().toSorted()).toEqual(["10.100.0.0/24", `${ONE.address}/32`]);
  });
});

describe("the route to a virtual IP of IPv6", () => {
  const ONE6 = service("ONE", "fd00:100::1", 80);
  const types = () => Object.fromEntries(on.host.routes.map(({ to, type }) => [to, type]));
  beforeEach(() => {
    on = new Planner();
  });

  it.each([
    ["iptables", "nftables"],
    ["nftables", "iptables"],
  ])("is of the type that its backend needs, also once that is no longer %s", (backend, other) => {
    const type = { iptables: "local", nftables: "unicast" } as Record<string, string>;
    for (const vipRange of ["fd00:100::/64", undefined]) {
      const chain = { name: "A-SERVICES", backend, vipRange };
      const before = on.up(natChain, chain, on.context("chain"));
      on.up(serviceVip, ONE6, on.context("one"));
      expect(Object.values(types())).toEqual([type[backend]]);
      const after = on.up(natChain, { ...chain, backend: other }, on.context("chain", before));
      on.up(serviceVip, ONE6, on.context("one", ONE6));
      expect(Object.values(types())).toEqual([type[other]]);
      on.down(serviceVip, ONE6, on.context("one", ONE6));
      on.down(natChain, { ...chain, backend: other }, on.context("chain", after));
      expect(on.host.routes).toEqual([]);
    }
  });

  it("is local as long as a service on iptables shares the address", () => {
    const OTHER6 = { ...ONE6, chain: "B-SERVICES", name: "OTHER", ports: [{ port: 81 }] };
    on.up(natChain, { name: "A-SERVICES", backend: "nftables" }, on.context("a"));
    on.up(natChain, { name: "B-SERVICES" }, on.context("b"));
    on.up(serviceVip, OTHER6, on.context("other"));
    on.up(serviceVip, ONE6, on.context("one"));
    expect(types()).toEqual({ "fd00:100::1/128": "local" });
    on.down(serviceVip, OTHER6, on.context("other", OTHER6));
    on.up(serviceVip, ONE6, on.context("one", ONE6));
    expect(types()).toEqual({ "fd00:100::1/128": "unicast" });
  });
});
