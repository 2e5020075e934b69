import { Bail } from "../model/errors.js";
import { dependenciesOf } from "../model/resource-state.js";
import type { ResourceState } from "../model/types.js";
import type { Context } from "./context.js";
import type { Executor } from "./executor.js";
import { finish } from "./finish.js";
import type { Generator } from "./generator.js";
import { deleteReplacedStep, deleteStep, removePendingReplaceStep, type Step, untargetedStep } from "./step.js";

/**
 * Deletes what the program no longer wants, and lets the provider finish. Only for one that has
 * succeeded.
 */
export async function deleteUnwanted(context: Context, generator: Generator, executor: Executor): Promise<void> {
  const graph = new DependencyGraph(context.base);
  const allowed = deletable(context, graph);
  const steps = deletions(context, generator, allowed);
  refuseUntargeted(context, steps);
  for (const old of context.base) {
    if (!allowed(old) && !old.delete && !generator.isOperatedOn(old.urn))
      await executor.parallel([untargetedStep(old)]);
  }
  for (const group of schedule(graph, context.base, steps)) {
    const needed = new Set(executor.stopped.flatMap(({ old }) => [...graph.transitive(old!)]));
    await executor.parallel(group.filter(({ old }) => !needed.has(old!)));
  }
  if (!executor.errored) await finish(context);
}

/**
 * What is in the state and not in the program, and what replacements have left. What is pending
 * replacement was deleted by an earlier run, and is never deleted again (pulumi/pulumi#24588).
 */
function deletions(context: Context, generator: Generator, allowed: (state: ResourceState) => boolean): Step[] {
  const steps: Step[] = [];
  for (const state of context.base) {
    if (!allowed(state)) continue;
    if (state.delete ? generator.pendingDeletes.has(state) : generator.isOperatedOn(state.urn)) continue;
    context.deletes.add(state.urn);
    steps.push(deletion(state));
  }
  return steps;
}

function deletion(state: ResourceState): Step {
  if (state.pendingReplacement) return removePendingReplaceStep(state);
  return state.delete ? deleteReplacedStep(state, false) : deleteStep(state);
}

/** Where an operation is limited: what was named may go, and what can't be without it. */
function deletable(context: Context, graph: DependencyGraph): (state: ResourceState) => boolean {
  const { targets, base } = context;
  if (targets.given) {
    const going = new Set(base.filter(({ urn }) => targets.isNamed(urn)).map(({ urn }) => urn));
    for (const state of base) if (dependenciesOf(state).some(({ urn }) => going.has(urn))) going.add(state.urn);
    return ({ urn }) => going.has(urn);
  }
  const staying = new Set<string>();
  const keep = (state: ResourceState) => {
    if (staying.has(state.urn)) return;
    staying.add(state.urn);
    for (const needed of graph.dependencies(state)) keep(needed);
  };
  for (const state of base) if (targets.isExcluded(state)) keep(state);
  return ({ urn }) => !staying.has(urn);
}

/** What isn't named may only go along when dependents are asked for. */
function refuseUntargeted({ targets, reporter, dryRun }: Context, steps: Step[]): void {
  if (!targets.given || targets.withDependents) return;
  const unnamed = steps.filter(({ urn }) => !targets.isNamed(urn));
  for (const { urn } of unnamed) {
    const text = `Resource '${urn}' will be destroyed but was not specified in --target list.\nEither include resource in --target list or pass --target-dependents to proceed.`;
    reporter.diagnostic("error", text, urn);
  }
  if (unnamed.length > 0 && !dryRun) throw new Bail("delete untargeted resource");
}

/** What the resources of a state depend on directly, by their place in its order. */
class DependencyGraph {
  private readonly places = new Map<string, number[]>();
  private readonly index = new Map<ResourceState, number>();
  private readonly children = new Map<string, number[]>();

  constructor(private readonly resources: ResourceState[]) {
    const push = (map: Map<string, number[]>, key: string, i: number) => {
      const list = map.get(key);
      if (list) list.push(i);
      else map.set(key, [i]);
    };
    resources.forEach((state, i) => {
      this.index.set(state, i);
      push(this.places, state.urn, i);
      if (state.parent) push(this.children, state.parent, i);
    });
  }

  dependencies(state: ResourceState): Set<ResourceState> {
    const found = new Set<ResourceState>();
    const end = this.index.get(state) ?? this.resources.length;
    const add = (urn: string, withChildren: boolean) => {
      for (const i of this.places.get(urn) ?? []) {
        const candidate = this.resources[i]!;
        if (i >= end) continue;
        found.add(candidate);
        // Who depends on a component depends on all that is in it.
        if (withChildren && !candidate.custom) this.addChildren(urn, end, found);
      }
    };
    for (const { kind, urn } of dependenciesOf(state)) add(urn, kind !== "parent");
    return found;
  }

  private addChildren(urn: string, end: number, found: Set<ResourceState>): void {
    for (const i of this.children.get(urn) ?? []) {
      const child = this.resources[i]!;
      if (i >= end || found.has(child)) continue;
      found.add(child);
      this.addChildren(child.urn, end, found);
    }
  }

  /** All that a resource depends on, directly or not. */
  transitive(state: ResourceState, found = new Set<ResourceState>()): Set<ResourceState> {
    for (const next of this.dependencies(state)) {
      if (found.has(next)) continue;
      found.add(next);
      this.transitive(next, found);
    }
    return found;
  }
}

/** Deletions in groups. Those of one group may run at once. Nothing goes before what needs it. */
function schedule(graph: DependencyGraph, base: ResourceState[], steps: Step[]): Step[][] {
  const byState = new Map(steps.map((step) => [step.old!, step]));
  const levels = new Map<ResourceState, number>();
  const groups: Step[][] = [];
  // A state lists what a resource depends on before it, so that one pass is enough.
  for (const state of base) {
    const step = byState.get(state);
    if (!step) continue;
    const below = [...graph.dependencies(state)].map((other) => levels.get(other) ?? -1);
    const level = Math.max(-1, ...below) + 1;
    levels.set(state, level);
    groups[level] ??= [];
    groups[level].push(step);
  }
  return groups.reverse();
}
