import { beforeEach, expect, it } from "vitest";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { Planner } from "../support/planner.js";

/** A service without endpoints and one with, in a range, and nothing that masquerades: all that version 0.1 laid out less of. */
const program = [
  [natChain, { name: "A-SERVICES", vipRange: "10.100.0.0/16" }, "chain"],
  [serviceVip, { chain: "A-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80 }] }, "web"],
  [serviceVip, { chain: "A-SERVICES", name: "NONE", address: "10.100.0.2", ports: [{ port: 80 }] }, "none"],
  [endpoint, { service: "A-SERVICES/WEB", name: "WEB1", address: "10.0.0.1" }, "web1"],
] as unknown as [typeof natChain, Record<string, unknown>, string][];

let on: Planner;
let states: Record<string, unknown>[];
beforeEach(() => {
  on = new Planner();
  states = program.map(([definition, inputs, name]) => on.up(definition, inputs, on.context(name)));
  const nat = on.host.firewall.get("nat")!;
  const before = new Map(nat);
  before.delete("A/masq");
  before.delete("POSTROUTING");
  on.host = { ...on.host, firewall: new Map([["nat", before]]) };
});

const drifted = (stateOf: (state: Record<string, unknown>) => Record<string, unknown>) =>
  program.flatMap(([definition, inputs, name], at) =>
    on.plan(definition, inputs, on.context(name, stateOf(states[at]!))).length > 0 ? [name] : [],
  );
const fromBefore = ({ layout: _, ...state }: Record<string, unknown>) => state;

it("a state from before shows no diff for what it did not know of; one of today does", () => {
  expect(drifted(fromBefore)).toEqual([]);
  expect(drifted((state) => state)).toEqual(["chain", "none", "web1"]);
});

it("the first change of such a resource brings it", () => {
  const [definition, inputs, name] = program[3]!;
  const state = on.up(definition, { ...inputs, weight: 2 }, on.context(name, fromBefore(states[3]!)));
  expect(on.rules()).toContain("-A A/masq -s 10.0.0.1/32 -d 10.0.0.1/32 -j MASQUERADE");
  expect(on.plan(definition, { ...inputs, weight: 2 }, on.context(name, state))).toEqual([]);
});
