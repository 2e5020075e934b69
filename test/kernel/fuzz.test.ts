import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { HostError } from "../../provider/kernel/errors.js";
import { stretched } from "../../sandbox/slow.js";
import { byHand } from "../contract/by-hand.js";
import { anyDrift, breakages } from "../support/any-drift.js";
import { anyPrograms, heldByOthers, type Program, staged } from "../support/any-program.js";
import { SEED } from "../support/chance.js";
import { unclear, unclearRefusal } from "../support/clear.js";
import { differences, hostState, requireSandbox } from "../support/host.js";
import { lifecycleOn, UNASKED } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { randomRuns } from "../support/size.js";
import { SmallEngine } from "./small-engine.js";

beforeAll(requireSandbox);

const seen = { sequences: 0, converged: 0, healed: 0, refused: 0, byKernel: 0 };

async function isAccepted(program: Program): Promise<boolean> {
  const host = new RealHost({});
  const checks = program.map(({ kind, name, args }) =>
    lifecycleOn(host, kind).check({}, { ...args, host: UNASKED, __owner: `test/fuzz/${name}` }),
  );
  const failures = (await Promise.all(checks)).flatMap((each) => each.failures);
  expect(failures.flatMap(unclear)).toEqual([]);
  return failures.length === 0;
}

/**
 * The kernel has rules of its own. What it refuses is reported with the command, its words, and a
 * code other than "other".
 */
function judge(error: unknown): false {
  if (error instanceof HostError) {
    expect(error.message).toMatch(/^(ip|ip6?tables|nft|sysctl|nsenter)\b.* failed \((?!other)/);
    seen.byKernel++;
  } else expect(unclearRefusal(error)).toEqual([]);
  seen.refused++;
  return false;
}

async function up(engine: SmallEngine, program: Program): Promise<boolean> {
  try {
    await engine.up(staged(program), new RealHost({}));
    const again: unknown[] = [];
    const host = new RealHost({});
    await engine.up(staged(program), {
      name: host.name,
      view: (scope, when) => host.view(scope, when),
      apply: (work) =>
        host.apply({
          ...work,
          plan: (snapshot) => {
            const planned = work.plan(snapshot);
            again.push(...planned.steps);
            return planned;
          },
        }),
    });
    expect(again).toEqual([]);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "AssertionError") throw error;
    return judge(error);
  }
}

/** As somebody does it at a prompt: a step that isn't possible (any more) is none. */
async function breakSomething(number: number): Promise<void> {
  const all = breakages(await new RealHost({}).view({}));
  const step = all[number % all.length];
  if (step) await byHand(step).catch(() => undefined);
}

it(`programs, each an edit of the one before, converge or are refused, heal, and leave nothing (SEED=${SEED})`, {
  timeout: stretched(600_000),
}, async () => {
  const drifts = fc.array(anyDrift, { minLength: 4, maxLength: 4 });
  const property = fc.asyncProperty(anyPrograms({ minLength: 1, maxLength: 4 }), drifts, async (programs, broken) => {
    const before = await hostState();
    const engine = new SmallEngine();
    const isHeld = heldByOthers();
    for (const [at, program] of programs.entries()) {
      if (isHeld(program) || !(await isAccepted(program)) || !(await up(engine, program))) continue;
      seen.converged++;
      for (const number of broken[at]!) await breakSomething(number);
      if (await up(engine, program)) seen.healed++;
    }
    await engine.destroy(new RealHost({}));
    expect(differences(before, await hostState())).toEqual([]);
    seen.sequences++;
  });
  await fc.assert(property, { ...randomRuns(120, 3), endOnFailure: true });
  console.log(seen);
  expect(seen.healed).toBeGreaterThan(0);
});
