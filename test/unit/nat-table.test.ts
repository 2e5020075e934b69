import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAMILIES } from "../../provider/kernel/family.js";
import { natScript } from "../../provider/services/nftables/script.js";
import { mustBeFew, slotsOf } from "../../provider/services/nftables/slots.js";
import { withoutContained } from "../../provider/services/nftables/sources.js";
import {
  changeNatTable,
  copyNatTable,
  isThere,
  type NatTable,
  natTable,
  strangers,
} from "../../provider/services/nftables/table.js";
import { anyChange, chainSpec, endpointSpec, heldService } from "../support/nat-services.js";
import { readBack } from "../support/nat-tables.js";

const PORT = { port: 80, protocol: "tcp" as const, targetPort: 8080 };
const [A, B, C] = ["A", "B", "C"].map((name, at) => endpointSpec(name, `10.0.0.${at + 1}`)) as [
  ReturnType<typeof endpointSpec>,
  ReturnType<typeof endpointSpec>,
  ReturnType<typeof endpointSpec>,
];

function tableWith(...changes: Parameters<typeof changeNatTable>[1][]): NatTable {
  const table = natTable("X");
  for (const change of [{ chain: chainSpec() }, ...changes]) changeNatTable(table, change);
  return table;
}

describe("whatever services come, change and go", () => {
  it("the items alone say what they are for, and hold nothing else", () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 8 }), (changes) => {
        const table = tableWith(...changes);
        expect(readBack(table)).toEqual(table);
        for (const family of FAMILIES) expect(strangers(table, family)).toEqual([]);
      }),
    );
  });

  it("the way there makes no difference, and back there is nothing", () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 8 }), (changes) => {
        const table = tableWith(...changes);
        const last = new Map(changes.flatMap((change) => ("service" in change ? [[change.service, change]] : [])));
        expect(table).toEqual(tableWith(...last.values()));
        for (const service of last.keys()) changeNatTable(table, { service, state: null });
        expect(table).toEqual(tableWith());
        changeNatTable(table, { chain: null });
        expect(isThere(table)).toBe(false);
      }),
    );
  });

  it("the script for the services that changed is the script for all", () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 6 }), anyChange, (changes, change) => {
        const before = tableWith(...changes);
        const after = copyNatTable(before);
        changeNatTable(after, change);
        const only = "service" in change ? [change.service] : undefined;
        const lines = (script: string) => script.split("\n").map((line) => line.split(/[ ,]+/).sort().join(" "));
        expect(lines(natScript(before, after, only)).sort()).toEqual(lines(natScript(before, after)).sort());
        expect(natScript(after, after)).toBe("");
      }),
    );
  });
});

describe("the script of a change", () => {
  it("moves the slots that differ, and none of another service", () => {
    const before = tableWith(
      heldService("HTTP", "10.1.0.1", [PORT], [A, B]),
      heldService("WEB", "10.1.0.2", [PORT], [A, B]),
    );
    const after = copyNatTable(before);
    changeNatTable(after, heldService("HTTP", "10.1.0.1", [PORT], [A, C]));
    const script = natScript(before, after, ["HTTP"]);
    expect(script).toContain("delete element ip hostnet-X tcp-endpoints { 10.1.0.1 . 80 . 1 }\n");
    expect(script).toContain("add element ip hostnet-X tcp-endpoints { 10.1.0.1 . 80 . 1 : 10.0.0.3 . 8080 }\n");
    // The other service still leads to B, so its own requests to it are still masqueraded.
    expect(script).not.toMatch(/chain|10\.1\.0\.2|delete element ip hostnet-X hairpin/);
  });

  it("refuses at once what has no endpoint, and is silent where another host has one", () => {
    const far = endpointSpec("FAR", "10.0.0.9", { local: false });
    const local = { internalTrafficPolicy: "Local" as const };
    const items = (...args: Parameters<typeof heldService>) => tableWith(heldService(...args)).items.ip;
    const way = "element services 10.1.0.1 . tcp . 80";
    expect(items("HTTP", "10.1.0.1", [PORT], []).get(way)).toBe("goto refused");
    expect(items("HTTP", "10.1.0.1", [PORT], [far], local).get(way)).toBe("drop");
    expect(items("HTTP", "10.1.0.1", [PORT], [A, far], local).get(way)).toBe("goto tcp-vip-1");
  });

  it("has a table of IPv6 only while something of IPv6 is there", () => {
    const table = tableWith();
    expect(table.items.ip6.size).toBe(0);
    changeNatTable(table, heldService("SIX", "fd00::1", [PORT], []));
    expect(natScript(tableWith(), table)).toMatch(/^create table ip6 hostnet-X\n/);
    expect(natScript(table, natTable("X"))).toBe("delete table ip hostnet-X\ndelete table ip6 hostnet-X\n");
    changeNatTable(table, { service: "ip6 SIX", state: null });
    expect(table.items.ip6.size).toBe(0);
  });
});

it("slots are the weights, reduced, and too many are refused", () => {
  const weights = (...all: number[]) => all.map((weight, at) => endpointSpec(`E${at}`, `10.0.0.${at}`, { weight }));
  expect(slotsOf(weights(300, 100))).toEqual(["10.0.0.0", "10.0.0.0", "10.0.0.0", "10.0.0.1"]);
  expect(() => mustBeFew("service X/HTTP", weights(65_535, 2))).toThrow(/make 65537 shares/);
  expect(() => mustBeFew("service X/HTTP", weights(65_535, 65_535, 0))).not.toThrow();
});

it("source ranges hold none another, and all is no limit", () => {
  expect(withoutContained(["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1/32"])).toEqual(["10.0.0.0/8", "192.0.2.1"]);
  expect(withoutContained(["10.0.0.0/8", "0.0.0.0/0"])).toEqual([]);
});
