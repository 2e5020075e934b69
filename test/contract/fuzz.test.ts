import fc from "fast-check";
import { expect, it } from "vitest";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import { applyStep } from "../../provider/services/steps.js";
import { stretched } from "../../sandbox/slow.js";
import { SmallEngine } from "../kernel/small-engine.js";
import { anyDrift, breakages } from "../support/any-drift.js";
import { anyPrograms, heldByOthers, type Program, staged } from "../support/any-program.js";
import { SEED } from "../support/chance.js";
import { unclear, unclearRefusal } from "../support/clear.js";
import { FakeHost } from "../support/fake-host.js";
import { lifecycleIn, UNASKED } from "../support/lifecycles.js";
import { unsafeWords } from "../support/safe-steps.js";
import { randomRuns, runs } from "../support/size.js";
import { stateOf } from "../support/state-of.js";

/** Does every check pass? Those that don't are to say why. */
async function isAccepted(program: Program, host: FakeHost): Promise<boolean> {
  const run = new Run(product, { host });
  const checks = program.map(({ kind, name, args }) =>
    lifecycleIn(run, kind).check({}, { ...args, host: UNASKED, __owner: `test/fuzz/${name}` }),
  );
  const failures = (await Promise.all(checks)).flatMap((each) => each.failures);
  expect(failures.flatMap(unclear)).toEqual([]);
  return failures.length === 0;
}

const seen = { converged: 0, healed: 0, refused: 0 };

async function up(engine: SmallEngine, program: Program, host: FakeHost): Promise<boolean> {
  try {
    await engine.up(staged(program), host);
    expect(host.log.flatMap(unsafeWords)).toEqual([]);
    host.log.length = 0;
    // Refused too when it still names what the run before has taken away.
    await engine.up(staged(program), host);
  } catch (error) {
    expect(unclearRefusal(error)).toEqual([]);
    seen.refused++;
    return false;
  }
  expect(host.log).toEqual([]);
  return true;
}

it(
  `programs, each an edit of the one before, converge or are refused, heal, and leave nothing (SEED=${SEED})`,
  async () => {
    const sequences = fc.array(fc.tuple(anyDrift, fc.nat()), { minLength: 6, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyPrograms({ minLength: 2, maxLength: 6 }), sequences, async (programs, drifts) => {
        const host = new FakeHost();
        const pristine = stateOf(host.snapshot);
        const engine = new SmallEngine();
        const isHeld = heldByOthers();
        for (const [at, program] of programs.entries()) {
          if (isHeld(program) || !(await isAccepted(program, host)) || !(await up(engine, program, host))) continue;
          seen.converged++;
          for (const number of drifts[at]![0]) {
            const all = breakages(host.snapshot);
            if (all.length > 0) applyStep(host.snapshot, all[number % all.length]!);
          }
          if (await up(engine, program, host)) seen.healed++;
        }
        await engine.destroy(host);
        expect(stateOf(host.snapshot)).toEqual(pristine);
      }),
      { ...randomRuns(4_000), endOnFailure: true },
    );
    console.log(seen);
    expect(seen.healed).toBeGreaterThan(runs(4_000) / 4);
  },
  stretched(240_000),
);
