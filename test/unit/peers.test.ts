import { expect, it } from "vitest";
import { parse } from "yaml";
import { batchScripts, plainScripts } from "../../bench/cable-script.js";
import { cpuOf } from "../../bench/cpu.js";
import { ifstateConfig } from "../../bench/ifstate.js";
import { cablePlans } from "../../bench/programs/cable-plan.js";

const counted = (stdout: string) => ({ stdout, stderr: "", exitCode: 0 });

it("counts the CPU time of the shell, of what it waited for, and of orphans", () => {
  const written = "7 3\n+ 2 created\n\n17 4\n100\n0m0.010000s 0m0.020000s\n1m2.500000s 0m0.300000s\n";
  expect(cpuOf(counted(written))).toBeCloseTo(0.11 + 0.03 + 62.8);
});

it("a command that the shell could not count is an error, not a time of zero", () => {
  expect(() => cpuOf({ stdout: "7 3\n", stderr: "killed", exitCode: -1 })).toThrow("can't be read: 7 3\nkilled");
});

it.each(["routed", "bridged"] as const)(
  "each contender is told each namespace, cable and address once: %s",
  (shape) => {
    const plans = cablePlans(shape, 300);
    expect(new Set(plans.map(({ address }) => address)).size).toBe(300);
    const config = parse(ifstateConfig(plans)) as Record<"interfaces" | "namespaces", Record<string, unknown>>;
    expect(Object.keys(config.interfaces)).toEqual([
      ...(shape === "bridged" ? ["bridge_bench"] : []),
      ...plans.map(({ veth }) => veth),
    ]);
    expect(Object.keys(config.namespaces)).toEqual(plans.map(({ namespace }) => namespace));
    for (const { up, destroy } of [plainScripts(plans), batchScripts(plans)])
      for (const { namespace, veth, address } of plans) {
        expect(up.match(new RegExp(`addr add ${address} dev eth0\\n`, "g"))).toHaveLength(1);
        expect(up).toContain(`link add ${veth} type veth peer name eth0 netns ${namespace}\n`);
        expect(destroy).toContain(`link del ${veth}\n`);
        expect(destroy).toContain(`netns del ${namespace}\n`);
      }
  },
);
