import { describe, expect, test } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { comparable } from "../engine/comparable.js";
import { effects, Stack } from "../engine/harness.js";
import { type Outcome, outcome } from "../engine/normalize.js";
import { SCENARIOS } from "../engine/scenarios/index.js";
import { recording } from "./recordings.js";

describe.each(SCENARIOS)("$name", (scenario) => {
  test.each([
    { by: "the provider process", own: false },
    { by: "the engine's process", own: true },
  ])("as it must be, and as the CLI has it, served by $by", { timeout: stretched(300_000) }, async ({ own }) => {
    const stack = new Stack({}, false, own);
    const recorded = recording(scenario)?.outcomes;
    for (const [i, action] of scenario.actions.entries()) {
      const at = `action ${i}, ${action.op}`;
      const before = stack.state;
      const run = await stack.act(action);
      const errors = run.told("error");
      const succeeded = run.result.status === "succeeded";
      expect(succeeded, `${at}: ${errors.join("\n")}`).toBe(!action.fails);
      if (action.error) expect(errors.join("\n"), at).toContain(action.error);
      if (action.effects) expect(effects(run.calls), at).toEqual(action.effects);
      if (action.names) expect(stack.names(), at).toEqual(action.names);
      if (action.changes) expect(run.result.changes, at).toEqual(action.changes);
      if (action.op === "preview" || action.dryRun) expect(run.saves, at).toEqual([]);
      expect(new Set(run.calls.map(({ pid }) => pid)).size, `${at}: provider processes`).toBeLessThanOrEqual(1);

      const ours = outcome({ succeeded, ...run }, before, stack.state);
      const asRecorded = (one: Outcome) => comparable(one, action.scope?.targets !== undefined);
      if (recorded) expect(asRecorded(ours), `${at}, as recorded`).toEqual(asRecorded(recorded[i]!));
    }
  });
});
