import { UNKNOWN } from "../../engine/model/properties.js";
import type { Outcome } from "./normalize.js";

/**
 * An outcome without what may differ: the CLI deletes, and reads in a refresh, independent
 * resources in any order.
 */
export function comparable(one: Outcome, targeted = false): Outcome {
  // Before the CLI deletes targets it asks for the diffs of their dependents, and then deletes
  // those whatever the answer is.
  const idle = (call: Outcome["calls"][0]) =>
    targeted && call.op === "diff" && JSON.stringify(call.news).includes(UNKNOWN);
  return {
    ...one,
    calls: sortRuns(
      one.calls.filter((call) => !idle(call)).map((call) => ({ kind: free(call.op), name: call.name, value: call })),
    ),
    steps: sortRuns(grouped(one.steps)).flat(),
    // Before a refresh or a destroy the CLI looks for its targets, and no event tells of it.
    errors: one.errors.filter((text) => !/^Target .* could not be found in the stack/.test(text)).sort(),
  };
}

const free = (op: string): string | undefined => {
  if (op === "delete" || op === "delete-replaced") return "delete";
  return op === "read" || op === "diff" || op === "refresh" ? "read" : undefined;
};

interface Item<T> {
  /** Of items of one kind in a row the order doesn't matter. */
  kind: string | undefined;
  name: string;
  value: T;
}

/** A step that was begun, and its end. */
function grouped(lines: string[]): Item<string[]>[] {
  const groups: Item<string[]>[] = [];
  for (const line of lines) {
    const [, ended, op, name] = /^(done |failed )?(\S+) (\S+)/.exec(line)!;
    // A component tells of its outputs at some time later.
    const begun = groups.findLast((group) => group.name === name);
    if (ended && begun) begun.value.push(line);
    else groups.push({ kind: op === "diff" ? undefined : free(op!), name: name!, value: [line] });
  }
  return groups;
}

function sortRuns<T>(items: Item<T>[]): T[] {
  const runs: Item<T>[][] = [];
  for (const item of items) {
    const run = runs.at(-1);
    if (run && item.kind !== undefined && run[0]!.kind === item.kind) run.push(item);
    else runs.push([item]);
  }
  // The sort is stable: what is done to one resource stays in its order.
  return runs
    .flatMap((run) => run.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)))
    .map(({ value }) => value);
}
