import { deepEquals } from "../model/difference.js";
import type { PropertyMap } from "../model/types.js";
import { qualifiedType, STACK_TYPE } from "../model/urn.js";
import type { Context } from "./context.js";
import type { Executor } from "./executor.js";
import type { SnapshotManager } from "./snapshot.js";
import type { Step } from "./step.js";

/** The outputs that components and the stack tell of when they are done. */
export class Outputs {
  private stack?: { urn: string; outputs: PropertyMap };

  constructor(
    private readonly context: Context,
    private readonly executor: Executor,
    private readonly snapshot: SnapshotManager,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** Whether the program has told all: the outputs of the stack are the last that it tells. */
  get complete(): boolean {
    return this.stack !== undefined;
  }

  register(urn: string, outputs: PropertyMap): void {
    // The stack's wait for the end: what they are depends on how the run ends.
    if (qualifiedType(urn) === STACK_TYPE) {
      this.stack = { urn, outputs };
      return;
    }
    const step = this.executor.registered.get(urn);
    if (!step) throw new Error(`cannot complete a resource '${urn}' whose registration isn't pending`);
    this.executor.registered.delete(urn);
    if (!step.skippedCreate) this.set(step, outputs);
  }

  /** Gives the stack its outputs; after a failure what an earlier run has left is still there. */
  finish(failed: boolean): void {
    const { urn, outputs } = this.stack ?? {};
    const step = urn && this.executor.registered.get(urn);
    if (step) this.set(step, failed ? { ...this.context.olds.get(urn)?.outputs, ...outputs } : outputs!);
  }

  private set(step: Step, outputs: PropertyMap): void {
    step.new!.outputs = outputs;
    this.context.reporter.outputs(step);
    if (step.old && deepEquals(step.old.outputs ?? {}, outputs)) return;
    this.snapshot.write().catch((error) => this.fail(error));
  }
}
