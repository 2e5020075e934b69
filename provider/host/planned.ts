import { isDeepStrictEqual } from "node:util";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Product } from "./product.js";
import type { Task } from "./task.js";
import type { Pending } from "./work.js";

/** An operation of a group, what is planned for it, and what it gives when that is done. */
export interface Planned {
  work: Pending;
  task: Task;
  result: unknown;
}

/** For planning on: steps change links and namespaces in place, and all else by another one. */
export function copy(snapshot: Snapshot): Snapshot {
  const { links, routes, namespaces, sysctls, resolvConfs } = snapshot;
  return { ...snapshot, ...structuredClone({ links, routes, namespaces, sysctls, resolvConfs }) };
}

/**
 * Plans operations one after the other on a model, which is as all of them leave it then. One that
 * can't be planned is rejected.
 */
export function planAll(group: Pending[], model: Snapshot, product: Product): Planned[] {
  return group.flatMap((work) => {
    try {
      const { steps, result } = work.plan(model);
      product.applySteps(model, steps);
      return [{ work, task: { steps, done: [] }, result }];
    } catch (error) {
      work.reject(error);
      return [];
    }
  });
}

/** The plan counted on what another operation of its group has failed to make. */
export class Misled extends Error {}

/**
 * The operations that would have been planned otherwise without those of their group that have
 * failed.
 */
export function misled(planned: Planned[], before: Snapshot, product: Product): Task[] {
  const model = copy(before);
  const isSame = ({ work, task }: Planned): boolean => {
    try {
      const { steps } = work.plan(model);
      if (!isDeepStrictEqual(steps, task.steps)) return false;
      product.applySteps(model, steps);
      return true;
    } catch {
      return false;
    }
  };
  return planned.filter((each) => !each.task.error && !isSame(each)).map(({ task }) => task);
}
