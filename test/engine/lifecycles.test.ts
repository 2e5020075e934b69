import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../engine/model/types.js";
import { stretched } from "../../sandbox/slow.js";
import { SEED } from "../support/chance.js";
import { randomRuns } from "../support/size.js";
import { lifecycle } from "./any-lifecycle.js";
import { CliStack, cli } from "./cli.js";
import { comparable } from "./comparable.js";
import type { FixtureProgram } from "./fixture.js";
import { effects, Stack } from "./harness.js";
import { outcome } from "./normalize.js";
import type { Action } from "./scenarios/scenario.js";
import { World } from "./world.js";

/** Each takes half a minute beside the CLI. */
const CLI_COUNT = 3;
console.log(`lifecycles: SEED=${SEED}`);

/** What was said is one of the refusals and failures that a program or a test brings about. */
const EXPECTED =
  /^(Preview failed: )?no \w+ of \w+$|init failed|not up|protected|marked for protection|Duplicate resource|--target list|could not be found in the stack|is invalid|has no old state/;

const unprotected = (state: Snapshot | undefined): Snapshot | undefined =>
  state && {
    ...state,
    resources: state.resources.map(({ protect: _, ...rest }) => rest as typeof rest & Snapshot["resources"][0]),
  };

const withoutProtection = ({ resources = [], ...rest }: FixtureProgram): FixtureProgram => ({
  ...rest,
  resources: resources.map((one) => ({ ...one, opts: { ...one.opts, protect: false } })),
});

async function live(actions: Action[]): Promise<void> {
  const stack = new Stack({}, false);
  const world = new World();
  const act = async (action: Action, at: string) => {
    const before = stack.state;
    const run = await stack.act(action);
    world.apply(run.calls, action.faults ?? {}, before);
    const surprises = run
      .told("error")
      .filter((text) => !EXPECTED.test(text) && !/^(update|preview) failed$/.test(text));
    expect(surprises, at).toEqual([]);
    expect(world.disagreements(stack.state), at).toEqual([]);
    if (action.op === "preview") expect(run.saves, at).toEqual([]);
    return run;
  };
  let last: FixtureProgram = {};
  for (const [i, action] of actions.entries()) {
    await act(action, `action ${i}, ${action.op}`);
    last = action.program ?? last;
  }
  stack.state = unprotected(stack.state);
  const program = withoutProtection(last);
  const mended = await act({ op: "up", program }, "the up that mends");
  expect(mended.result.status, mended.told("error").join("\n")).toBe("succeeded");
  const again = await act({ op: "up", program }, "the up that changes nothing");
  expect(effects(again.calls)).toEqual([]);
  expect(Object.keys(again.result.changes)).toEqual(["same"]);
  const gone = await act({ op: "destroy" }, "the destroy");
  expect([gone.result.status, stack.state?.resources]).toEqual(["succeeded", []]);
}

describe("any life of a stack", () => {
  test("ends well, and state and world agree after each action", { timeout: stretched(1_800_000) }, async () => {
    await fc.assert(fc.asyncProperty(lifecycle, live), randomRuns(500));
  });

  test("is the same on the Pulumi CLI", { timeout: stretched(3_600_000) }, async ({ skip }) => {
    if (!cli) skip("no Pulumi CLI on this machine (PULUMI_BIN, PATH)");
    const same = async (actions: Action[]) => {
      const [ours, theirs] = [new Stack({}, false), new CliStack()];
      try {
        for (const [i, action] of actions.entries()) {
          const at = `action ${i}, ${action.op}`;
          const [state, before] = [ours.state, theirs.state];
          const run = await ours.act(action);
          const mine = outcome({ ...run, succeeded: run.result.status === "succeeded" }, state, ours.state);
          const other = outcome(theirs.run(action), before, theirs.state);
          const targeted = action.scope?.targets !== undefined;
          expect(comparable(mine, targeted), `${at} of ${JSON.stringify(actions)}`).toEqual(
            comparable(other, targeted),
          );
        }
      } finally {
        theirs.close();
      }
    };
    await fc.assert(fc.asyncProperty(lifecycle, same), { ...randomRuns(CLI_COUNT), endOnFailure: true });
  });
});
