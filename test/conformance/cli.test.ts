import { describe, expect, onTestFinished, test } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { CliStack, cli } from "../engine/cli.js";
import { Stack } from "../engine/harness.js";
import { type Outcome, outcome } from "../engine/normalize.js";
import { SCENARIOS } from "../engine/scenarios/index.js";
import { record, recording } from "./recordings.js";

// Where there is a Pulumi CLI, it and the embedded engine use each other's stacks. With RECORD=<its
// version> its results are recorded for machines without one.

const unrecorded = cli && process.env.RECORD ? SCENARIOS.filter((scenario) => !recording(scenario)) : [];

describe.each(unrecorded)("$name", (scenario) => {
  test("record the CLI", { timeout: stretched(600_000) }, () => {
    const stack = new CliStack();
    onTestFinished(() => stack.close());
    const outcomes: Outcome[] = [];
    for (const action of scenario.actions) {
      const before = stack.state;
      outcomes.push(outcome(stack.run(action), before, stack.state));
    }
    record(scenario, process.env.RECORD!, outcomes);
  });
});

const SWAPPED = ["create, same, update, delete", "delete before replace takes dependents along that can't be updated"];

describe.each(SCENARIOS.filter(({ name }) => SWAPPED.includes(name)))("$name", ({ actions }) => {
  test.for([0, 1])(
    "each takes over from the other, beginning with %i",
    { timeout: stretched(600_000) },
    async (first, { skip }) => {
      if (!cli) skip("no Pulumi CLI on this machine (PULUMI_BIN, PATH)");
      const [ours, theirs, reference] = [new Stack({}, false), new CliStack(), new Stack({}, false)];
      onTestFinished(() => theirs.close());
      for (const [i, action] of actions.entries()) {
        const at = `action ${i}, ${action.op}`;
        const before = reference.state;
        const run = await reference.act(action);
        const expected = outcome({ ...run, succeeded: run.result.status === "succeeded" }, before, reference.state);
        let other: Pick<Outcome, "changes">;
        if ((i + first) % 2 === 0) {
          const own = await ours.act(action);
          other = outcome({ ...own, succeeded: true }, before, ours.state);
          if (ours.state) theirs.state = ours.state;
        } else {
          other = outcome(theirs.run(action), before, theirs.state);
          ours.state = theirs.state;
        }
        expect(other.changes, at).toEqual(expected.changes);
        const bare = { succeeded: true, calls: [], events: [] };
        expect(outcome(bare, undefined, ours.state).resources, `state after ${at}`).toEqual(expected.resources);
      }
    },
  );
});
