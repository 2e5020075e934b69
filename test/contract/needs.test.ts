import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Definition } from "../../provider/definition.js";
import type { Step } from "../../provider/kernel/plan.js";
import type { Snapshot } from "../../provider/kernel/snapshot.js";
import { isFirewall } from "../../provider/kernel/steps/table.js";
import { allNeeds } from "../../provider/lifecycle/needs.js";
import type { Context, Noted } from "../../provider/ownership/context.js";
import { bridge, endpoint, macvlan, natChain, netNamespace, serviceVip, vethPair } from "../../provider/resources.js";
import { stretched } from "../../sandbox/slow.js";
import { SmallEngine } from "../kernel/small-engine.js";
import { anyPrograms, staged } from "../support/any-program.js";
import { SEED } from "../support/chance.js";
import { FakeHost } from "../support/fake-host.js";
import { randomRuns } from "../support/size.js";

type Planning = "plan" | "remove";

/** Tables that steps change though their resource has not said that it needs them. */
const unsaid = new Set<string>();
const seen = { plan: 0, remove: 0 };

function watch<D, S extends Noted>(definition: Definition<D, S>, planning: Planning): void {
  const original = definition[planning];
  vi.spyOn(definition as Record<Planning, typeof original>, planning).mockImplementation(
    (desired: D, host: Snapshot, context: Context<S>): Step[] => {
      const steps = original(desired, host, context);
      const needed = allNeeds(definition, desired, host, context).map(({ of }) => of);
      const changed = steps.filter(isFirewall).map(({ table }) => table);
      for (const table of changed) {
        seen[planning]++;
        if (!needed.includes(table)) unsaid.add(`${definition.kind}.${planning}: ${table}`);
      }
      return steps;
    },
  );
}

beforeEach(() => {
  for (const planning of ["plan", "remove"] as const) {
    watch(bridge, planning);
    watch(macvlan, planning);
    watch(natChain, planning);
    watch(serviceVip, planning);
    watch(endpoint, planning);
    watch(netNamespace, planning);
    watch(vethPair, planning);
  }
});
afterEach(() => vi.restoreAllMocks());

it(
  `whatever rules a resource changes, it has said that it needs their table (SEED=${SEED})`,
  async () => {
    await fc.assert(
      fc.asyncProperty(anyPrograms({ minLength: 2, maxLength: 4 }), async (programs) => {
        const [host, engine] = [new FakeHost(), new SmallEngine()];
        // What is refused is no concern of this.
        for (const program of programs) await engine.up(staged(program), host).catch(() => {});
        await engine.destroy(host).catch(() => {});
      }),
      randomRuns(4_000),
    );
    expect([...unsaid]).toEqual([]);
    expect(Math.min(seen.plan, seen.remove)).toBeGreaterThan(30);
  },
  stretched(240_000),
);
