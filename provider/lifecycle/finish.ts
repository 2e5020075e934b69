import type { Noted } from "../ownership/context.js";
import { asDeclared } from "./found.js";
import type { Inputs } from "./inputs.js";
import type { Resource } from "./resource.js";
import type { Run } from "./run.js";
import type { OwnResource } from "./stack-resources.js";

/**
 * Takes out what was found without a resource. Only now is it known that the program doesn't
 * declare it either, as it does with what a lost state or a killed run has left.
 */
export async function finish(run: Run, untargeted: OwnResource[] = []): Promise<void> {
  run.resources.declareUntargeted(untargeted);
  const ends = await Promise.allSettled([...run.strays.values()].map((takeOut) => takeOut()));
  const failures = ends.flatMap((end) => (end.status === "rejected" ? [(end.reason as Error).message] : []));
  if (failures.length > 0) throw new Error(failures.join("\n"));
}

/** Takes out what a resource holds of this stack that has no resource. */
export async function takeOutStrays<D, S extends Noted>(
  resource: Resource<D, S>,
  olds: Inputs,
  news: Inputs,
): Promise<void> {
  const { definition, run } = resource;
  const wish = resource.mustParse(news);
  const context = { ...resource.contextOf(wish, asDeclared(olds)), resources: run.resources };
  await resource.hostOf(wish).apply({
    scope: definition.scope(wish.desired),
    direction: "make",
    last: false,
    holder: resource.holderOf(wish),
    plan: (snapshot) => ({ steps: definition.strays?.(wish.desired, snapshot, context) ?? [], result: undefined }),
  });
}
