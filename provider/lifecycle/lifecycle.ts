import type { Definition } from "../definition.js";
import type { Noted } from "../ownership/context.js";
import { check } from "./check.js";
import { type Diff, diff } from "./diff.js";
import { create, update } from "./ensure.js";
import type { CheckFailure, Inputs } from "./inputs.js";
import { type Read, read } from "./read.js";
import { remove } from "./remove.js";
import { Resource } from "./resource.js";
import type { Run } from "./run.js";

/**
 * What Pulumi's dynamic provider process calls: `pulumi.dynamic.ResourceProvider`, said without
 * importing Pulumi.
 */
export interface Lifecycle {
  check(olds: Inputs, news: Inputs): Promise<{ inputs: Inputs; failures: CheckFailure[] }>;
  diff(id: string, olds: Inputs, news: Inputs): Promise<Diff>;
  create(inputs: Inputs): Promise<{ id: string; outs: Inputs }>;
  update(id: string, olds: Inputs, news: Inputs): Promise<{ outs: Inputs }>;
  delete(id: string, olds: Inputs): Promise<void>;
  read(id: string, olds: Inputs): Promise<Read>;
}

/** The six calls of a kind of resource, in a run. */
export function lifecycle<D, S extends Noted>(run: Run, definition: Definition<D, S>): Lifecycle {
  const resource = new Resource(run, definition);
  const { pauses, resources } = run;
  return {
    check: (olds, news) => {
      resources.noteProgram();
      return pauses.answering(async () => ({ inputs: news, failures: await check(resource, olds, news) }));
    },
    diff: (id, olds, news) => {
      resources.noteProgram();
      return pauses.answering(() => diff(resource, id, olds, news));
    },
    async create(inputs) {
      resources.noteProgram();
      pauses.heard();
      return await create(resource, inputs);
    },
    async update(id, olds, news) {
      resources.noteProgram();
      pauses.heard();
      return { outs: await update(resource, id, olds, news) };
    },
    async delete(id, olds) {
      pauses.heard();
      await remove(resource, id, olds);
    },
    read: (id, olds) => read(resource, id, olds),
  };
}
