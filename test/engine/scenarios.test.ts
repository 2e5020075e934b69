import { describe, expect, onTestFinished, test } from "vitest";
import { effects, Stack } from "./harness.js";
import { SCENARIOS } from "./scenarios.js";

describe.each(SCENARIOS)("$name", ({ actions }) => {
  test("as it must be", async () => {
    const stack = new Stack();
    onTestFinished(() => stack.close());
    for (const [i, action] of actions.entries()) {
      const at = `action ${i}, ${action.op}`;
      const run = await stack.run(action.op, action.program, action.faults, { refresh: action.refresh ?? false });
      const errors = run.told("error").join("\n");
      expect(run.result.status, `${at}: ${errors}`).toBe(action.fails ? "failed" : "succeeded");
      if (action.error) expect(errors, at).toContain(action.error);
      if (action.effects) expect(effects(run.calls), at).toEqual(action.effects);
      if (action.names) expect(stack.names(), at).toEqual(action.names);
      if (action.changes) expect(run.result.changes, at).toEqual(action.changes);
      if (action.op === "preview") expect(run.saves, at).toEqual([]);
      expect(new Set(run.calls.map(({ pid }) => pid)).size, `${at}: provider processes`).toBeLessThanOrEqual(1);
    }
  });
});
