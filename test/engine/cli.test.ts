import { describe, expect, onTestFinished, test } from "vitest";
import { CliStack, cli } from "./cli.js";
import { Stack } from "./harness.js";
import { type Outcome, outcome } from "./normalize.js";
import { record, recording } from "./recordings.js";
import { SCENARIOS } from "./scenarios/index.js";

// Where there is a Pulumi CLI it swaps stacks with us, and with RECORD=<its version> what it does is recorded for machines that have none.

const unrecorded = cli && process.env.RECORD ? SCENARIOS.filter((scenario) => !recording(scenario)) : [];

describe.each(unrecorded)("$name", (scenario) => {
  test("record the CLI", { timeout: 600_000 }, () => {
    const stack = new CliStack();
    onTestFinished(() => stack.close());
    const outcomes: Outcome[] = [];
    for (const { op, program = {}, faults = {}, refresh = false } of scenario.actions) {
      const before = stack.state;
      outcomes.push(outcome(stack.run(op, program, faults, { refresh }), before, stack.state));
    }
    record(scenario, process.env.RECORD!, outcomes);
  });
});

const SWAPPED = ["create, same, update, delete", "delete before replace takes dependents along that can't be updated"];

describe.each(SCENARIOS.filter(({ name }) => SWAPPED.includes(name)))("$name", ({ actions }) => {
  test.for([0, 1])(
    "each takes over from the other, beginning with %i",
    { timeout: 600_000 },
    async (first, { skip }) => {
      if (!cli) skip("no Pulumi CLI on this machine (PULUMI_BIN, PATH)");
      const [ours, theirs, reference] = [new Stack(), new CliStack(), new Stack()];
      onTestFinished(() => {
        for (const stack of [ours, theirs, reference]) stack.close();
      });
      for (const [i, { op, program = {}, faults = {}, refresh = false }] of actions.entries()) {
        const before = reference.state;
        const { result, calls, told } = await reference.run(op, program, faults, { refresh });
        const succeeded = result.status === "succeeded";
        const expected = outcome(
          { succeeded, calls, changes: result.changes, errors: told("error") },
          before,
          reference.state,
        );
        if ((i + first) % 2 === 0) {
          const own = await ours.run(op, program, faults, { refresh });
          expect(own.result.changes, `action ${i}, ${op}, ours`).toEqual(expected.changes);
          if (ours.state) theirs.state = ours.state;
        } else {
          const other = theirs.run(op, program, faults, { refresh });
          expect(other.changes, `action ${i}, ${op}, theirs: ${other.errors}`).toEqual(expected.changes);
          ours.state = theirs.state;
        }
        const bare = { succeeded, calls: [], changes: {}, errors: [] };
        expect(outcome(bare, undefined, ours.state).resources, `state after action ${i}, ${op}`).toEqual(
          expected.resources,
        );
      }
    },
  );
});
