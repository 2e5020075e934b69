import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { anyArgs, type Names } from "../support/any-args.js";
import { SEED } from "../support/chance.js";
import { unclear, unclearRefusal } from "../support/clear.js";
import { FakeHost } from "../support/fake-host.js";
import { spoiled } from "../support/hostile.js";
import { type Kind, lifecycleOn, UNASKED } from "../support/lifecycles.js";
import { unsafeWords } from "../support/safe-steps.js";
import { randomRuns, runs } from "../support/size.js";
import { stateOf } from "../support/state-of.js";

const KINDS: Kind[] = ["bridge", "macvlan", "netNamespace", "vethPair", "natChain", "serviceVip", "endpoint"];
const NAMES: Names = {
  bridges: ["fz_br"],
  namespaces: ["fz_ns"],
  chains: ["FZ-SERVICES"],
  services: ["FZ-SERVICES/WEB"],
};

/** What there is for resources to refer to. */
const THERE: [Kind, Inputs][] = [
  ["bridge", { name: "fz_br" }],
  ["netNamespace", { name: "fz_ns" }],
  ["natChain", { name: "FZ-SERVICES" }],
  ["serviceVip", { chain: "FZ-SERVICES", name: "WEB", address: "10.7.99.99", ports: [{ port: 9 }] }],
];
const needed = (kind: Kind) =>
  ({ bridge: 0, macvlan: 1, netNamespace: 0, natChain: 0, vethPair: 2, serviceVip: 3, endpoint: 4 })[kind];

async function judge(kind: Kind, inputs: Inputs): Promise<"refused" | "made"> {
  const host = new FakeHost();
  for (const [at, [needs, args]] of THERE.slice(0, needed(kind)).entries())
    await lifecycleOn(host, needs).create({ ...args, __owner: `fuzz/test/needs${at}` });
  const before = stateOf(host.snapshot);
  const lifecycle = lifecycleOn(host, kind);
  const { failures } = await lifecycle.check({}, inputs);
  if (failures.length > 0) {
    expect(failures.flatMap(unclear)).toEqual([]);
    return "refused";
  }
  host.log.length = 0;
  try {
    const { id, outs } = await lifecycle.create(inputs);
    expect(await lifecycle.diff(id, outs, inputs)).toEqual({});
    await lifecycle.delete(id, outs);
  } catch (error) {
    expect(unclearRefusal(error)).toEqual([]);
  }
  expect(host.log.flatMap(unsafeWords)).toEqual([]);
  expect(stateOf(host.snapshot)).toEqual(before);
  return "made";
}

describe.each(KINDS)("%s", (kind) => {
  const right = anyArgs(kind, NAMES);
  const common = (args: Inputs): Inputs => ({ host: UNASKED, adopt: false, ...args });
  const owned = (args: Inputs): Inputs => ({ ...args, __owner: "fuzz/test/a b;$(c)" });

  it(`is refused by argument, value, reason and cure, or made of safe words (SEED=${SEED})`, async () => {
    const spoilt = right.chain((args) => spoiled(common(args)) as fc.Arbitrary<Inputs>);
    const twice = spoilt.chain((args) => spoiled(args) as fc.Arbitrary<Inputs>);
    const seen = { refused: 0, made: 0 };
    await fc.assert(
      fc.asyncProperty(fc.oneof(right.map(common), spoilt, twice), async (args) => {
        fc.pre(args !== null && typeof args === "object" && !Array.isArray(args));
        seen[await judge(kind, owned(args))]++;
      }),
      randomRuns(1_000),
    );
    expect(seen.made).toBeGreaterThan(runs(100));
    expect(seen.refused).toBeGreaterThan(runs(100));
  });
});
