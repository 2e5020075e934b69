import { mapReferences } from "../model/resource-state.js";
import type { ResourceState } from "../model/types.js";
import { type Context, liveResources } from "./context.js";
import type { Executor } from "./executor.js";
import type { SnapshotManager } from "./snapshot.js";
import { refreshStep } from "./step.js";

/** Reads all resources, and goes on with what was found: changed, unchanged, or gone. */
export async function refresh(context: Context, executor: Executor, snapshot: SnapshotManager): Promise<void> {
  const steps = new Map(
    context.base.filter((state) => context.targets.reaches(state)).map((state) => [state, refreshStep(state)]),
  );
  await executor.parallel([...steps.values()]);
  await executor.idle();
  context.targets = context.targets.again();
  const found = context.base.map((state) => (steps.has(state) ? steps.get(state)!.new : state));
  context.base = withoutDangling(found.filter((state) => state !== undefined));
  context.olds = liveResources(context.base);
  snapshot.rebase(context.base);
}

/** References to what is gone go with it; who had it for a parent has none. */
function withoutDangling(resources: ResourceState[]): ResourceState[] {
  const left = new Set<string>();
  return resources.map((state) => {
    const pruned = mapReferences(state, (urn, kind) => {
      if (kind === "self" || kind === "provider") return urn;
      return left.has(urn) ? urn : undefined;
    });
    left.add(state.urn);
    // As the CLI has it: a refresh drops properties that depend on nothing.
    const dependencies = Object.entries(pruned.propertyDependencies ?? {}).filter(([, urns]) => urns?.length);
    return { ...pruned, propertyDependencies: Object.fromEntries(dependencies) };
  });
}
