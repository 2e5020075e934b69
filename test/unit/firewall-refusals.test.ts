import { beforeEach, describe, expect, it } from "vitest";
import { Prerequisite, Refusal } from "../../provider/kernel/errors.js";
import { parseSave } from "../../provider/kernel/iptables/iptables-save.js";
import { rulesOf } from "../../provider/kernel/iptables/ruleset.js";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { natTablesOf } from "../support/nat-tables.js";
import { Planner } from "../support/planner.js";

const CHAIN = { name: "A-SERVICES" };
const SERVICE = { chain: "A-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80 }] };
const ENDPOINT = { service: "A-SERVICES/WEB", name: "WEB1", address: "10.0.0.1" };

let on: Planner;
beforeEach(() => {
  on = new Planner();
});
const foreign = (...lines: string[]) => {
  on.host.firewall = parseSave(["*nat", ":PREROUTING ACCEPT [0:0]", ...lines, "COMMIT"].join("\n"));
};

describe("what nobody marked", () => {
  it.each([
    ["an empty chain", [":A-SERVICES - [0:0]"]],
    ["a chain with rules", [":A-SERVICES - [0:0]", "-A A-SERVICES -j RETURN"]],
    ["a chain with a jump", [":A-SERVICES - [0:0]", "-A PREROUTING -j A-SERVICES"]],
  ])("is refused: %s", (_what, lines) => {
    foreign(...lines);
    expect(() => on.plan(natChain, CHAIN, on.context("chain"))).toThrow(/chain A-SERVICES of table nat .*adopt: true/);
  });

  it("is ours by the state file when somebody has emptied it, and not when somebody has filled it", () => {
    on.up(natChain, CHAIN, on.context("chain"));
    foreign(":A-SERVICES - [0:0]", ":A-SVC-WEB - [0:0]", ":A-SEP-WEB1 - [0:0]");
    for (const [definition, inputs] of [
      [natChain, CHAIN],
      [serviceVip, SERVICE],
      [endpoint, ENDPOINT],
    ] as unknown as [typeof natChain, Record<string, unknown>][]) {
      on.up(definition, inputs, on.context(definition.kind, inputs));
    }
    expect(on.rules()).toHaveLength(7);
    foreign(":A-SERVICES - [0:0]", "-A A-SERVICES -j RETURN", "-A A-SVC-WEB -j RETURN", "-A A-SEP-WEB1 -j RETURN");
    const before = on.rules();
    expect(() => on.plan(natChain, CHAIN, on.context("chain", CHAIN))).toThrow(/adopt: true/);
    expect(() => on.plan(serviceVip, SERVICE, on.context("web", SERVICE))).toThrow(/A-SVC-WEB.*adopt: true/);
    on.down(endpoint, ENDPOINT, on.context("web1", { ...ENDPOINT, chainName: "A-SEP-WEB1" }));
    on.down(serviceVip, SERVICE, on.context("web", SERVICE));
    on.down(natChain, CHAIN, on.context("chain", CHAIN));
    expect(on.rules()).toEqual(before);
  });

  it("with a jump to an endpoint of ours stays as it is, whatever its name, when the endpoint goes", () => {
    for (const [definition, inputs] of [
      [natChain, CHAIN],
      [serviceVip, SERVICE],
      [endpoint, ENDPOINT],
    ] as unknown as [typeof natChain, Record<string, unknown>][])
      on.up(definition, inputs, on.context(definition.kind));
    const theirs = [{ spec: ["-j", "A-SEP-WEB1"] }, { spec: ["-j", "RETURN"] }];
    on.run([{ do: "chain", table: "nat", chain: "KUBE-SVC-X", rules: theirs, why: "" }]);
    on.up(endpoint, { ...ENDPOINT, address: "10.0.0.2" }, on.context("Endpoint", ENDPOINT));
    on.down(endpoint, ENDPOINT, on.context("Endpoint", ENDPOINT));
    expect(rulesOf(on.host.firewall, "nat", "KUBE-SVC-X")).toEqual(theirs);
  });

  it("is taken over with adopt, and hand-made jumps become ours", () => {
    foreign(":A-SERVICES - [0:0]", "-A PREROUTING -j A-SERVICES", "-A A-SERVICES -s 10.1.0.0/16 -j RETURN");
    on.up(natChain, CHAIN, on.context("chain", undefined, true));
    expect(on.rules()).toEqual([
      "-A PREROUTING -j A-SERVICES",
      "-A A-SERVICES -s 10.1.0.0/16 -j RETURN",
      "-A OUTPUT -j A-SERVICES",
    ]);
  });

  it("service and endpoint chains are refused, and replaced with adopt", () => {
    foreign(":A-SVC-WEB - [0:0]", ":A-SEP-WEB1 - [0:0]", "-A A-SVC-WEB -j A-SEP-WEB1", "-A A-SEP-WEB1 -j RETURN");
    on.up(natChain, CHAIN, on.context("chain"));
    expect(() => on.plan(serviceVip, SERVICE, on.context("web"))).toThrow(/A-SVC-WEB.*adopt: true/);
    on.up(serviceVip, SERVICE, on.context("web", undefined, true));
    expect(() => on.plan(endpoint, ENDPOINT, on.context("web1"))).toThrow(/A-SEP-WEB1.*adopt: true/);
    on.up(endpoint, ENDPOINT, on.context("web1", undefined, true));
    expect(on.rules().filter((line) => line.includes("-A A-S"))).toEqual([
      "-A A-SVC-WEB -j A-SEP-WEB1",
      "-A A-SEP-WEB1 -p tcp -m tcp -j DNAT --to-destination 10.0.0.1:80",
      "-A A-SERVICES -d 10.100.0.1/32 -p tcp -m tcp --dport 80 -j A-SVC-WEB",
    ]);
  });
});

describe("what somebody else of ours has", () => {
  const pairs = [
    [natChain, CHAIN],
    [serviceVip, SERVICE],
    [endpoint, ENDPOINT],
  ] as unknown as [typeof natChain, Record<string, unknown>][];
  // A title shows each field that it names, and a whole definition is megabytes of text.
  const program = pairs.map(([definition, inputs]) => ({ kind: definition.kind, definition, inputs }));
  beforeEach(() => {
    for (const { definition, inputs } of program) on.up(definition, inputs, on.context(definition.kind));
  });

  it.each(program)(
    "is refused to another stack by the owner's name, and not removed: $kind",
    ({ definition, inputs }) => {
      const theirs = on.context("x", undefined, true, "p/other");
      expect(() => on.plan(definition, inputs, theirs)).toThrow(new RegExp(`p/s/${definition.kind}`));
      const before = on.rules();
      on.down(definition, inputs, { ...theirs, previous: inputs });
      expect(on.rules()).toEqual(before);
    },
  );

  it.each(program)(
    "is refused to another resource, unless the state says it was renamed: $kind",
    ({ definition, inputs }) => {
      expect(() => on.plan(definition, inputs, on.context("renamed"))).toThrow(/aliases/);
      expect(on.plan(definition, inputs, on.context("renamed", inputs))).toEqual([]);
    },
  );

  it("is gone when the chain still has another stack's service: not removed", () => {
    on.up(
      serviceVip,
      { ...SERVICE, name: "API", address: "10.100.0.2" },
      on.context("api", undefined, false, "p/other"),
    );
    on.down(endpoint, ENDPOINT, on.context("Endpoint", ENDPOINT));
    on.down(serviceVip, SERVICE, on.context("ServiceVip", SERVICE));
    expect(() => on.down(natChain, CHAIN, on.context("NatChain", CHAIN))).toThrow(/A-SVC-API.* of p\/other\/api/);
  });

  it("an address, port and protocol that a service has", () => {
    const second = { ...SERVICE, name: "API" };
    expect(() => on.plan(serviceVip, second, on.context("api"))).toThrow(
      /10\.100\.0\.1:80 \(tcp\) is taken by the service A-SERVICES\/WEB of p\/s\/ServiceVip/,
    );
    const udp = { ...second, ports: [{ port: 80, protocol: "udp" }] };
    expect(on.plan(serviceVip, udp, on.context("api")).length).toBeGreaterThan(0);
  });

  it("a service's chain that hangs elsewhere", () => {
    on.up(natChain, { name: "A" }, on.context("a"));
    const clash = { ...SERVICE, chain: "A", address: "10.100.0.9" };
    expect(() => on.plan(serviceVip, clash, on.context("clash"))).toThrow(/belongs to the service A-SERVICES\/WEB/);
  });
});

describe("what is missing", () => {
  it("an address outside the range of its chain is refused, but for a service that was there before", () => {
    on.up(natChain, CHAIN, on.context("chain"));
    on.up(serviceVip, SERVICE, on.context("web"));
    on.up(natChain, { ...CHAIN, vipRange: "10.101.0.0/16" }, on.context("chain", CHAIN));
    const other = { ...SERVICE, name: "OTHER", address: "10.100.0.2" };
    expect(() => on.plan(serviceVip, other, on.context("other"))).toThrow(
      /address: 10\.100\.0\.2 is outside 10\.101\.0\.0\/16, the vipRange of A-SERVICES: choose/,
    );
    expect(on.plan(serviceVip, SERVICE, on.context("web", SERVICE))).toEqual([]);
  });

  it("names the resource to declare first", () => {
    expect(() => on.plan(serviceVip, SERVICE, on.context("web"))).toThrow(Prerequisite);
    expect(() => on.plan(serviceVip, SERVICE, on.context("web"))).toThrow(/new NatChain\(.*"A-SERVICES".*dependsOn/);
    expect(() => on.plan(endpoint, ENDPOINT, on.context("web1"))).toThrow(
      /service A-SERVICES\/WEB is missing.*dependsOn/,
    );
    expect(() => on.plan(endpoint, { ...ENDPOINT, service: "WEB" }, on.context("web1"))).toThrow(
      /service WEB is missing/,
    );
  });

  it("a name that only the host can tell to be too long is refused then", () => {
    on.up(natChain, { name: "ELEVENCHARS" }, on.context("chain"));
    on.up(serviceVip, { ...SERVICE, chain: "ELEVENCHARS" }, on.context("web"));
    const long = { ...ENDPOINT, service: "WEB", name: "x".repeat(13) };
    expect(() => on.plan(endpoint, long, on.context("long"))).toThrow(Refusal);
    expect(() => on.plan(endpoint, long, on.context("long"))).toThrow(/29 bytes.*to 12 bytes/);
  });
});

describe.each([
  ["iptables", "nftables"],
  ["nftables", "iptables"],
])("a NatChain of that name on %s", (backend, other) => {
  it("refuses another stack's, and one service's address and port is no other's, on whichever backend", () => {
    on.up(natChain, { ...CHAIN, backend }, on.context("chain"));
    on.up(serviceVip, SERVICE, on.context("web"));
    const theirs = on.context("chain", undefined, true, "p/other");
    expect(() => on.plan(natChain, { ...CHAIN, backend: other }, theirs)).toThrow(
      /belongs to p\/s\/chain, another stack/,
    );
    on.up(natChain, { name: "B", backend: other }, on.context("b"));
    const same = { ...SERVICE, chain: "B", name: "SAME" };
    expect(() => on.plan(serviceVip, same, on.context("same"))).toThrow(
      /10\.100\.0\.1:80 \(tcp\) is taken by the service A-SERVICES\/WEB of p\/s\/web/,
    );
    expect(on.plan(serviceVip, { ...same, ports: [{ port: 81 }] }, on.context("same"))).not.toEqual([]);
  });
});

it("an empty chain of somebody's stays when a NatChain of that name goes from nftables", () => {
  const inputs = { ...CHAIN, backend: "nftables" };
  on.up(natChain, inputs, on.context("chain"));
  foreign(":A-SERVICES - [0:0]");
  on.down(natChain, inputs, on.context("chain", inputs));
  expect([natTablesOf(on.host).size, on.host.firewall.get("nat")?.has("A-SERVICES")]).toEqual([0, true]);
});
