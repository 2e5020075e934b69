import { beforeEach, describe, expect, it } from "vitest";
import { Prerequisite } from "../../provider/kernel/errors.js";
import { parseSave } from "../../provider/kernel/iptables/iptables-save.js";
import { isBuiltIn, rulesOf } from "../../provider/kernel/iptables/ruleset.js";
import { isIp } from "../../provider/kernel/steps/table.js";
import { bridge, endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { Planner } from "../support/planner.js";

const CHAIN = { name: "A-SERVICES" };
const SERVICE = { chain: "A-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80, targetPort: 8080 }] };
const ENDPOINTS = [1, 2, 3].map((n) => ({ service: "A-SERVICES/WEB", name: `WEB${n}`, address: `10.0.0.${n}` }));
const HOME = { name: "br0", forward: true, masquerade: ["10.0.0.0/24"] };

const program = [
  [bridge, HOME, "home"],
  [natChain, CHAIN, "chain"],
  [serviceVip, SERVICE, "web"],
  ...ENDPOINTS.map((each) => [endpoint, each, each.name] as const),
] as unknown as [typeof natChain, Record<string, unknown>, string][];

let on: Planner;
let states: Record<string, unknown>[];
beforeEach(() => {
  on = new Planner();
  states = program.map(([definition, inputs, name]) => on.up(definition, inputs, on.context(name)));
});

/** What each resource finds wrong, by name. */
const findings = () =>
  Object.fromEntries(
    program.flatMap(([definition, inputs, name], at) => {
      const why = on
        .plan(definition, inputs, on.context(name, states[at]))
        .filter((step) => !isIp(step) && step.do !== "sysctl");
      return why.length > 0 ? [[name, why.map((step) => step.why)]] : [];
    }),
  );

function upAgain(): void {
  for (const [at, [definition, inputs, name]] of program.entries())
    on.up(definition, inputs, on.context(name, states[at]));
}

describe("drift", () => {
  it("there is none after an up", () => expect(findings()).toEqual({}));

  it("after a flush of table nat every resource shows its own, and one up in order restores all", () => {
    const before = on.rules();
    for (const [name, chain] of on.host.firewall.get("nat")!)
      on.host.firewall.get("nat")!.set(name, { ...chain, rules: [] });
    expect(findings).toThrow(Prerequisite); // the endpoints' service is gone: the lifecycle shows that as drift
    upAgain();
    expect(on.rules()).toEqual(before);
    expect(findings()).toEqual({});
  });

  it("of what heals, no drift is what the heal itself has left: a service without endpoints for the moment", () => {
    const bare = program.filter(([, , name]) => name !== "home");
    on = new Planner();
    const made = bare.map(([definition, inputs, name]) => on.up(definition, inputs, on.context(name)));
    on.host = { ...on.host, firewall: new Map() };
    const found = bare.map(([definition, inputs, name], at) => {
      const context = on.context(name, made[at]);
      const why = on.plan(definition, inputs, context).map((step) => step.why);
      // The engine heals the one before it looks at the next.
      on.up(definition, inputs, context);
      return why;
    });
    expect(found.flat().join("\n")).not.toMatch(/table filter: found empty/);
    expect(found[2]).toEqual([
      "name: found no chain A-SEP-WEB1, declared WEB1",
      ...Array(found[2]!.length - 1).fill(
        expect.stringMatching(/^(service: found no jump|chain A\/masq of table nat)/),
      ),
    ]);
  });

  it("after a reboot too", () => {
    const before = on.rules();
    on.host = { ...on.host, firewall: new Map(), routes: [] };
    upAgain();
    expect(on.rules()).toEqual(before);
  });

  it("is found by the resource that it concerns", () => {
    const chain = "A-SVC-WEB";
    on.run([
      { do: "rule", table: "nat", chain, rule: rulesOf(on.host.firewall, "nat", chain)[1]!, at: "gone", why: "" },
    ]);
    expect(findings().WEB2).toEqual(["service: found no jump from A-SVC-WEB to A-SEP-WEB2, declared A-SERVICES/WEB"]);
    expect(findings().web).toBeUndefined();
    upAgain();
    expect(findings()).toEqual({});
  });

  it.each([
    ["A-SEP-WEB1", "-A A-SEP-WEB1 -p tcp -j DNAT --to-destination 10.0.0.9:8080", "WEB1"],
    ["A-SVC-WEB", "-A A-SVC-WEB -j RETURN", "web"],
    ["A-SVC-WEB", "-A A-SVC-WEB -m comment --comment mine -j A-SEP-WEB1", "web"],
  ])("what somebody wrote into %s is put right", (chain, line, who) => {
    const [rule] = parseSave(`*nat\n${line}\nCOMMIT`).get("nat")!.get(chain)!.rules;
    const before = on.rules();
    on.run([{ do: "rule", table: "nat", chain, rule: rule!, at: "first", why: "" }]);
    expect(Object.keys(findings())).toContain(who);
    upAgain();
    expect(on.rules()).toEqual(before);
  });

  it("a probability that somebody changed is found by its endpoint, and a jump of nobody's is no endpoint", () => {
    const chain = "A-SVC-WEB";
    const before = on.rules();
    const table = on.host.firewall.get("nat")!;
    const [first, ...rest] = table.get(chain)!.rules;
    const changed = { spec: first!.spec.map((word) => (/^0\./.test(word) ? "0.9" : word)) };
    table.set(chain, {
      rules: [changed, ...rest, { spec: ["-m", "comment", "--comment", "mine", "-j", "ELSEWHERE"] }],
    });
    expect(Object.keys(findings())).toEqual(["web", "WEB3"]);
    on.up(endpoint, ENDPOINTS[2]!, on.context("WEB3", ENDPOINTS[2]));
    expect(on.rules()).toEqual(before);
  });

  it("leaves what others put into the shared chain", () => {
    const rule = { spec: ["-s", "10.1.0.0/16", "-j", "RETURN"] };
    on.run([{ do: "rule", table: "nat", chain: "A-SERVICES", rule, at: "first", why: "" }]);
    expect(findings()).toEqual({});
    expect(() => on.down(natChain, CHAIN, on.context("chain", states[1]))).toThrow(
      /still in use.*10\.1\.0\.0\/16.*not ours/,
    );
  });
});

describe("down", () => {
  const down = () => {
    for (const [at, [definition, inputs, name]] of [...program.entries()].reverse())
      on.down(definition, inputs, on.context(name, states[at]));
  };

  it("leaves no table that was not there", () => {
    down();
    expect(on.host.firewall).toEqual(new Map());
    expect(on.host.routes).toEqual([]);
  });

  it("leaves none either when the rules were flushed before", () => {
    for (const table of on.host.firewall.values())
      for (const [name, chain] of table) table.set(name, { ...chain, rules: [] });
    down();
    expect(on.host.firewall).toEqual(new Map());
  });

  it("leaves a table of others as it was, without the built-in chains that came with us", () => {
    const save =
      "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.0.0.0/24 -j MASQUERADE\nCOMMIT\n";
    on = new Planner();
    on.host.firewall = parseSave(save);
    states = program.map(([definition, inputs, name]) => on.up(definition, inputs, on.context(name)));
    const builtIn = [...on.host.firewall.get("nat")!.keys()].filter(isBuiltIn);
    expect(builtIn.sort()).toEqual(["OUTPUT", "POSTROUTING", "PREROUTING"]);
    expect(rulesOf(on.host.firewall, "nat", "POSTROUTING")).toHaveLength(2);
    down();
    expect(on.host.firewall).toEqual(parseSave(save));
  });
});
