import { beforeEach, describe, expect, it } from "vitest";
import { parseSave } from "../../provider/kernel/iptables/iptables-save.js";
import { natChain, serviceVip } from "../../provider/resources.js";
import { Planner } from "../support/planner.js";

const SERVICE = { chain: "A", name: "WEB", address: "10.100.0.1", ports: [{ port: 80 }] };
const rule = (n: number) => ({
  destination: `10.100.0.${n}`,
  protocol: "tcp",
  destinationPort: 80,
  toDestination: `10.0.0.${n}:8080`,
});
const line = (n: number) =>
  `-A A -d 10.100.0.${n}/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.${n}:8080`;
const dispatch = "-A A -d 10.100.0.1/32 -p tcp -m tcp --dport 80 -j A-SVC-WEB";

let on: Planner;
beforeEach(() => {
  on = new Planner();
});
const inside = () => on.rules().filter((each) => each.startsWith("-A A ") && !each.includes("REJECT"));

describe("a NAT chain", () => {
  it("holds its own rules in order and before the services, whatever changes", () => {
    const lists = [[], [7], [7, 8], [8, 7], [9, 8, 7], [9, 7], [7, 9, 8], []];
    let state: Record<string, unknown> | undefined;
    for (const numbers of lists) {
      const inputs = { name: "A", rules: numbers.map(rule) };
      state = on.up(natChain, inputs, on.context("a", state));
      on.up(serviceVip, SERVICE, on.context("web", SERVICE));
      expect(inside()).toEqual([...numbers.map(line), dispatch]);
      expect(on.plan(natChain, inputs, on.context("a", state))).toEqual([]);
    }
  });

  it("puts a rule of its own that stands behind a service in front again", () => {
    const inputs = { name: "A", rules: [rule(7)] };
    const state = on.up(natChain, inputs, on.context("a"));
    on.up(serviceVip, SERVICE, on.context("web"));
    const table = on.host.firewall.get("nat")!;
    table.set("A", { rules: table.get("A")!.rules.toReversed() });
    expect(inside()).toEqual([dispatch, line(7)]);
    on.up(natChain, inputs, on.context("a", state));
    expect(inside()).toEqual([line(7), dispatch]);
  });

  it("follows its hooks, and is marked by a rule that does nothing when it has none", () => {
    let state = on.up(natChain, { name: "A", hooks: ["PREROUTING", "OUTPUT"] }, on.context("a"));
    state = on.up(natChain, { name: "A", hooks: ["INPUT"] }, on.context("a", state));
    expect(on.rules()).toEqual(["-A INPUT -j A"]);
    state = on.up(natChain, { name: "A", hooks: [] }, on.context("a", state));
    expect(on.rules()).toEqual(["-A A"]);
    expect(() => on.plan(natChain, { name: "A" }, on.context("x", undefined, true, "p/other"))).toThrow(/p\/s\/a/);
    on.down(natChain, { name: "A", hooks: [] }, on.context("a", state));
    expect(on.host.firewall).toEqual(new Map());
  });

  it("that was all of its table when it was taken over goes with the table; one of several does not", () => {
    for (const others of ["", ":B - [0:0]\n"]) {
      on = new Planner();
      on.host.firewall = parseSave(`*nat\n:A - [0:0]\n${others}COMMIT\n`);
      const state = on.up(natChain, { name: "A" }, on.context("a", undefined, true));
      on.down(natChain, { name: "A" }, on.context("a", state, true));
      expect([...on.host.firewall.keys()]).toEqual(others ? ["nat"] : []);
      expect([...(on.host.firewall.get("nat")?.keys() ?? [])]).toEqual(others ? ["B"] : []);
    }
  });
});
