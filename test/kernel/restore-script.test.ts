import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { localExec } from "../../provider/host/exec.js";
import { commitFirewall } from "../../provider/host/iptables.js";
import { readFirewall } from "../../provider/host/read-firewall.js";
import { restoreScript } from "../../provider/host/restore-script.js";
import { parseSave } from "../../provider/kernel/iptables/iptables-save.js";
import { identityOf } from "../../provider/kernel/iptables/rule-facts.js";
import type { Firewall } from "../../provider/kernel/iptables/ruleset.js";
import { isIp } from "../../provider/kernel/steps/table.js";
import { bridge, endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { anyFirewall, anyRule } from "../support/any-rule.js";
import { leavesNothing, output, requireSandbox } from "../support/host.js";
import { Planner } from "../support/planner.js";
import { randomRuns } from "../support/size.js";

beforeAll(requireSandbox);

const ruleset = () => output(["nft", "list", "ruleset"]);

const read = async () => (await readFirewall(localExec())).firewall;

/** Leads the kernel to `after`, and asserts that it reads back so. */
async function commit(after: Firewall): Promise<string> {
  const before = await read();
  await commitFirewall(localExec(), before, after);
  const now = await read();
  expect(meaning(now)).toEqual(meaning(after));
  expect(restoreScript(now, after)).toBe("");
  return restoreScript(before, after);
}

const meaning = (firewall: Firewall) =>
  [...firewall]
    .map(([name, table]) => [name, [...table].map(([chain, { rules }]) => [chain, rules.map(identityOf)]).sort()])
    .sort();

describe("scripts for iptables-restore", () => {
  it("take the article's program up and down, one resource after the other, and leave nothing", async () => {
    await leavesNothing(async () => {
      await output(["iptables", "-t", "nat", "-A", "POSTROUTING", "-s", "192.0.2.0/24", "-j", "MASQUERADE"]);
      const before = await ruleset();
      const on = new Planner();
      on.host.firewall = await read();
      const http = (n: number) => ({ service: "DUSTIN-SERVICES/HTTP", name: `HTTP${n}`, address: `10.0.0.${n}` });
      const program = [
        [bridge, { name: "bridge_home", forward: true, masquerade: ["10.0.0.0/24"] }],
        [natChain, { name: "DUSTIN-SERVICES" }],
        [serviceVip, { chain: "DUSTIN-SERVICES", name: "HTTP", address: "10.100.0.1", ports: [{ port: 80 }] }],
        ...[1, 2, 3, 10].map((n) => [endpoint, http(n)] as const),
      ] as unknown as [typeof natChain, Record<string, unknown>][];
      const contextOf = (at: number) => on.context(`r${at}`);
      const states: Record<string, unknown>[] = [];
      for (const [at, [definition, inputs]] of program.entries()) {
        states.push(on.up(definition, inputs, contextOf(at)));
        await commit(on.host.firewall);
        on.host.firewall = await read();
        for (const done of states.keys()) {
          const steps = on.plan(program[done]![0], program[done]![1], { ...contextOf(done), previous: states[done]! });
          expect(steps.filter((step) => !isIp(step) && step.do !== "sysctl")).toEqual([]);
        }
      }
      for (const [at, [definition, inputs]] of [...program.entries()].reverse()) {
        on.down(definition, inputs, { ...contextOf(at), previous: states[at]! });
        await commit(on.host.firewall);
        on.host.firewall = await read();
      }
      expect(await ruleset()).toBe(before);
      await output(["nft", "delete", "table", "ip", "nat"]);
    });
  });

  it("swap a service's rules and take an endpoint's chain away in one transaction", async () => {
    await leavesNothing(async () => {
      await commit(service(3));
      const script = await commit(service(2));
      expect(script.match(/COMMIT/g)).toHaveLength(1);
      expect(script).toContain("-X SEP3");
      await commit(new Map());
    });
  });

  it("lead from any state to any other", async () => {
    await leavesNothing(async () => {
      const pairs = fc.array(anyRule, { minLength: 1, maxLength: 5 }).chain((pool) => {
        const one = anyFirewall(pool, ["OUTPUT", "A", "B"]);
        return fc.tuple(one, one);
      });
      await fc.assert(
        fc.asyncProperty(pairs, async ([first, second]) => {
          // a table without any chain reads back as one with all the built-in ones
          for (const firewall of [first, second]) firewall.get("nat")!.set("STAYS", { rules: [] });
          await commit(first);
          await commit(second);
          await output(["nft", "delete", "table", "ip", "nat"]);
        }),
        randomRuns(20, 5),
      );
    });
  });
});

/** A service chain of `n` endpoints, all marked. */
function service(n: number): Firewall {
  const numbers = Array.from({ length: n }, (_, at) => n - at);
  const mark = "-m comment --comment hostnet:00000000:p/s/r";
  const chance = (left: number) =>
    left === 1 ? "" : `-m statistic --mode random --probability ${(1 / left).toFixed(11)} `;
  return parseSave(
    [
      "*nat",
      ":SVC - [0:0]",
      `-A OUTPUT ${mark} -j SVC`,
      ...numbers.map((each) => `:SEP${each} - [0:0]`),
      ...numbers.map((each, at) => `-A SVC ${chance(n - at)}${mark} -j SEP${each}`),
      ...numbers.map((each) => `-A SEP${each} -p tcp -m tcp ${mark} -j DNAT --to-destination 10.0.0.${each}:80`),
      "COMMIT",
    ].join("\n"),
  );
}
