import { describe, expect, onTestFinished, test } from "vitest";
import type { ResourceState, Snapshot } from "../../engine/types.js";
import { CliStack, cli } from "./cli.js";
import { type Call, Stack } from "./harness.js";
import { type Action, SCENARIOS } from "./scenarios.js";

/** Ids of providers and times differ from run to run; where a resource was declared is not kept in full. */
function normalized({ resources, pending_operations }: Snapshot): unknown {
  const text = JSON.stringify(
    { resources: resources ?? [], pending_operations: pending_operations ?? [] },
    (key, value) => (["created", "modified", "sourcePosition", "stackTrace"].includes(key) ? undefined : value),
  );
  const ids = [...text.matchAll(/providers:pulumi-nodejs::default::([0-9a-f-]{36})/g)].map(([, id]) => id!);
  return JSON.parse(
    ids.reduce((done, id) => done.replaceAll(id, "PROVIDER"), text),
    (key, value) =>
      Array.isArray(value) &&
      /[dD]ependencies|replaceWith|^[a-z]+$/.test(key) &&
      value.every((v) => String(v).startsWith("urn:"))
        ? [...value].sort()
        : value,
  );
}

/** When a resource changed must be told alike: which have another time than before. */
function touched(before: ResourceState[], after: ResourceState[]): string[] {
  const times = new Map(before.map(({ urn, modified }) => [urn, modified]));
  return after
    .filter(({ urn, modified }) => times.get(urn) !== modified)
    .map(({ urn }) => urn)
    .sort();
}

const plain = (calls: Call[]) => calls.map(({ pid: _, ...call }) => call);

describe.skipIf(!cli).each(SCENARIOS)("$name", ({ actions }) => {
  test("the CLI does the same", { timeout: 600_000 }, async () => {
    const ours = new Stack();
    const theirs = new CliStack();
    onTestFinished(() => {
      ours.close();
      theirs.close();
    });
    for (const [i, action] of actions.entries()) await compare(`action ${i}, ${action.op}`, action, ours, theirs);
  });

  test("each takes over from the other", { timeout: 600_000 }, async () => {
    const [ours, theirs, reference] = [new Stack(), new CliStack(), new Stack()];
    onTestFinished(() => {
      ours.close();
      theirs.close();
      reference.close();
    });
    for (const [i, { op, program = {}, faults = {}, refresh = false }] of actions.entries()) {
      const expected = await reference.run(op, program, faults, { refresh });
      if (i % 2 === 0) {
        const run = await ours.run(op, program, faults, { refresh });
        expect(plain(run.calls), `action ${i}, ${op}, ours`).toEqual(plain(expected.calls));
        if (ours.state) theirs.state = ours.state;
      } else {
        const run = theirs.run(op, program, faults, { refresh });
        expect(plain(run.calls), `action ${i}, ${op}, theirs: ${run.output}`).toEqual(plain(expected.calls));
        ours.state = theirs.state;
      }
      if (reference.state && ours.state) {
        expect(normalized(ours.state), `state after action ${i}, ${op}`).toEqual(normalized(reference.state));
      }
    }
  });
});

async function compare(at: string, action: Action, ours: Stack, theirs: CliStack): Promise<void> {
  const { op, program = {}, faults = {}, refresh = false } = action;
  const before = [ours.state?.resources ?? [], theirs.state.resources ?? []] as const;
  const own = await ours.run(op, program, faults, { refresh });
  const other = theirs.run(op, program, faults, { refresh });
  expect(plain(own.calls), `${at}: ${other.output}`).toEqual(plain(other.calls));
  expect(own.result.status === "succeeded", `${at}: ${other.output}`).toBe(other.succeeded);
  expect(own.result.changes, `${at}: ${other.output}`).toEqual(other.changes ?? {});
  const after = [ours.state, theirs.state] as const;
  expect(normalized(after[0] ?? ({ resources: [] } as never)), at).toEqual(normalized(after[1]));
  expect(touched(before[0], after[0]?.resources ?? []), at).toEqual(touched(before[1], after[1].resources ?? []));
  for (const error of own.told("error")) {
    if (!/^(update|preview) failed$/.test(error)) expect(flat(other.output), at).toContain(flat(error).split("at ")[0]);
  }
}

const flat = (text: string) =>
  text
    .replaceAll(/\\n|\\"|["\s`]+/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
