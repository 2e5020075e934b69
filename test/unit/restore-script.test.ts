import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { droppedTables, restoreScript } from "../../provider/host/restore-script.js";
import { parseSave, printSave } from "../../provider/kernel/iptables/iptables-save.js";
import { identityOf } from "../../provider/kernel/iptables/rule-facts.js";
import type { Firewall } from "../../provider/kernel/iptables/ruleset.js";
import { anyFirewall, anyRule } from "../support/any-rule.js";
import { runScript } from "../support/run-script.js";
import { randomRuns } from "../support/size.js";

const MARK = "hostnet:00000000:p/s/r";
const ours = (rule: string) => rule.replace(" -j", ` -m comment --comment ${MARK} -j`);
const nat = (...lines: string[]) => parseSave(["*nat", ...lines, "COMMIT"].join("\n"));

/** Chains and the meaning of their rules in order. */
const meaning = (firewall: Firewall) =>
  [...(firewall.get("nat") ?? [])].map(([name, { rules }]) => [name, rules.map(identityOf)]).sort();

describe("restoreScript", () => {
  it("is empty when nothing changes, however the rules are written", () => {
    const firewall = nat(":A - [0:0]", "-A A -d 10.0.0.1/32 -j RETURN");
    expect(restoreScript(firewall, firewall)).toBe("");
    expect(restoreScript(firewall, nat(":A - [0:0]", "-A A -d 10.0.0.1 -j RETURN"))).toBe("");
  });

  it("leads from any state to any other, and never names a rule that stays", () => {
    const pairs = fc
      .array(anyRule, { minLength: 1, maxLength: 5 })
      .chain((pool) => fc.tuple(anyFirewall(pool, ["OUTPUT", "A", "B"]), anyFirewall(pool, ["OUTPUT", "A", "B"])));
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const script = restoreScript(before, after);
        expect(meaning(runScript(before, script))).toEqual(meaning(after));
        expect(restoreScript(after, runScript(before, script))).toBe("");
      }),
      randomRuns(500),
    );
  });

  it("adds to a chain of others with single lines, at the very place", () => {
    const before = nat(":A - [0:0]", "-A A -j RETURN", "-A A -j ACCEPT");
    const after = nat(
      ":A - [0:0]",
      "-A A -p tcp -j X",
      "-A A -j RETURN",
      "-A A -p udp -j X",
      "-A A -j ACCEPT",
      "-A A -j X",
    );
    expect(restoreScript(before, after).split("\n").slice(1, -2)).toEqual([
      "-I A -p tcp -j X",
      "-I A 3 -p udp -j X",
      "-A A -j X",
    ]);
  });

  it("writes a chain anew when all in it is ours and that is shorter", () => {
    const jump = (p: string, to: string) =>
      ours(`-A S${p && ` -m statistic --mode random --probability ${p}`} -j ${to}`);
    const before = nat(":S - [0:0]", jump("0.33333333349", "C"), jump("0.5", "B"), jump("", "A"));
    const after = nat(":S - [0:0]", jump("0.50000000000", "C"), jump("", "B"));
    expect(restoreScript(before, after).split("\n").slice(1, 3)).toEqual([":S - [0:0]", jump("0.50000000000", "C")]);
    const foreign = nat(":S - [0:0]", jump("0.5", "C"), "-A S -j B");
    expect(restoreScript(before, foreign)).not.toContain(":S");
  });

  it("never declares a built-in chain, and empties a chain before it goes", () => {
    const before = nat(":OUTPUT ACCEPT [0:0]", ":A - [0:0]", ":B - [0:0]", "-A OUTPUT -j A", "-A A -j B", "-A B -j A");
    expect(restoreScript(before, nat(":OUTPUT ACCEPT [0:0]")).split("\n").slice(1, -2)).toEqual([
      ":A - [0:0]",
      ":B - [0:0]",
      "-D OUTPUT -j A",
      "-X A",
      "-X B",
    ]);
  });

  it("empties a table that goes, and says that it goes", () => {
    const before = nat(":OUTPUT ACCEPT [0:0]", ":A - [0:0]", "-A OUTPUT -j A");
    expect(restoreScript(before, new Map())).toBe("*nat\n:A - [0:0]\n-D OUTPUT -j A\n-X A\nCOMMIT\n");
    expect(droppedTables(before, new Map())).toEqual(["nat"]);
    expect(printSave(runScript(before, restoreScript(before, new Map())))).toBe("*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n");
  });
});
