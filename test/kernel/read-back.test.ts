import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { owned, readsBack } from "../contract/read-back.js";
import { anySpoilt, onBackend } from "../support/any-program.js";
import { SEED } from "../support/chance.js";
import { differences, hostState, requireSandbox } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { randomRuns, runs } from "../support/size.js";

beforeAll(requireSandbox);

const world = { host: () => new RealHost({}), look: () => new RealHost({}).view({}) };

it.each(["iptables", "nftables"])(
  `what is declared is what is read back, on %s (SEED=${SEED})`,
  async (backend) => {
    const before = await hostState();
    const seen = { refused: 0, made: 0, spoilt: 0 };
    await fc.assert(
      fc.asyncProperty(anySpoilt, async ({ program, spoilt, name }) => {
        const [one, other] = [program, spoilt].map((each) => owned(onBackend(each, backend)));
        seen[await readsBack(world, one!, other!, name)]++;
      }),
      { ...randomRuns(100), endOnFailure: true },
    );
    console.log(seen);
    // Of a few programs all may be refused.
    expect(seen.spoilt).toBeGreaterThanOrEqual(Math.floor(runs(100) / 20));
    expect(differences(before, await hostState())).toEqual([]);
  },
  stretched(600_000),
);
