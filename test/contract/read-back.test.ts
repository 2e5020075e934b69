import fc from "fast-check";
import { expect, it, vi } from "vitest";
import type * as Backends from "../../provider/services/backends.js";
import { stretched } from "../../sandbox/slow.js";
import { anySpoilt, onBackend } from "../support/any-program.js";
import { SEED } from "../support/chance.js";
import { FakeHost } from "../support/fake-host.js";
import { reread } from "../support/nat-tables.js";
import { randomRuns, runs } from "../support/size.js";
import { owned, readsBack } from "./read-back.js";

vi.mock("../../provider/services/backends.js", async (original) => {
  const { plain } = await import("../support/plain/index.js");
  const actual = await original<typeof Backends>();
  return { ...actual, backends: [...actual.backends, plain] };
});

const RUNS = 6_000;

it.each(["iptables", "nftables", "plain"])(
  `what is declared is what is read back, on %s (SEED=${SEED})`,
  async (backend) => {
    const seen = { refused: 0, made: 0, spoilt: 0 };
    await fc.assert(
      fc.asyncProperty(anySpoilt, async ({ program, spoilt, name }) => {
        const host = new FakeHost();
        const world = {
          host: () => Object.assign(host, { snapshot: reread(host.snapshot) }),
          look: async () => reread(host.snapshot),
        };
        const [one, other] = [program, spoilt].map((each) => owned(onBackend(each, backend)));
        seen[await readsBack(world, one!, other!, name)]++;
      }),
      { ...randomRuns(RUNS), endOnFailure: true },
    );
    console.log(seen);
    expect(seen.spoilt).toBeGreaterThan(runs(RUNS) / 4);
  },
  stretched(240_000),
);
