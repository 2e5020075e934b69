import { InitError, messageOf, ProtectedError } from "../model/errors.js";
import { isSecret, makeSecret } from "../model/properties.js";
import { apply } from "./apply.js";
import type { Context } from "./context.js";
import type { SnapshotManager } from "./snapshot.js";
import type { Step } from "./step.js";

/** Runs steps: those of one chain in sequence, and as many chains at once as the user allows. */
export class Executor {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private idleWaiters: (() => void)[] = [];
  /** Steps that have given a component or resource its new state, which may still get outputs. */
  readonly registered = new Map<string, Step>();
  /** Deletions that a protection stopped: what these need must stay too. */
  readonly stopped: Step[] = [];
  private failed = false;

  constructor(
    private readonly context: Context,
    private readonly snapshot: SnapshotManager,
    /** Says that nothing new may start. */
    private readonly cancelled: () => boolean,
    private readonly cancel: () => void,
    /** Goes on after a failure, as a refresh does. */
    private readonly keepGoing = false,
  ) {}

  /** Whether any step has failed. */
  get errored(): boolean {
    return this.failed;
  }

  /**
   * Hands a chain over. Resolves when it has begun, so no decision is made long before it is run.
   */
  async submit(chain: Step[]): Promise<void> {
    await this.start(chain);
  }

  /** Runs single steps at once and waits for all. */
  async parallel(steps: Step[]): Promise<void> {
    const ends: Promise<void>[] = [];
    for (const step of steps) {
      const { end } = await this.start([step]);
      ends.push(end);
    }
    await Promise.all(ends);
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  private async start(chain: Step[]): Promise<{ end: Promise<void> }> {
    if (this.running >= Math.max(1, this.context.request.parallel)) {
      await new Promise<void>((resolve) => this.queue.push(resolve));
    } else this.running++;
    const end = this.run(chain).finally(() => {
      // A slot goes from hand to hand, so that nobody can slip in between.
      const next = this.queue.shift();
      if (next) return next();
      this.running--;
      if (this.running > 0) return;
      for (const waiter of this.idleWaiters) waiter();
      this.idleWaiters = [];
    });
    return { end };
  }

  private async run(chain: Step[]): Promise<void> {
    for (const step of chain) {
      if (this.cancelled()) return;
      if (!(await this.execute(step))) return;
    }
  }

  private async execute(step: Step): Promise<boolean> {
    const { context, snapshot } = this;
    const { reporter } = context;
    reporter.before(step);
    let failure: unknown;
    try {
      await snapshot.begin(step);
      await apply(context, step);
    } catch (error) {
      failure = error;
    }
    const partial = failure instanceof InitError;
    if (failure === undefined && step.logical && step.new) this.registered.set(step.urn, step);
    if (step.new && step.kind !== "replace" && step.kind !== "refresh") {
      this.markSecrets(step);
      context.news.set(step.urn, step.new);
    }
    if (failure !== undefined) reporter.failed(step, messageOf(failure), partial);
    else reporter.succeeded(step);
    // The resource there wasn't made with the new inputs: the next run must see the difference
    // again.
    if (partial && step.kind === "update") step.new!.inputs = step.old!.inputs;

    const landed = failure === undefined || partial;
    // Not awaited: a step that follows waits for its own record, and with it this one is written.
    snapshot.end(step, landed)?.catch((error) => {
      reporter.diagnostic("error", messageOf(error));
      this.fail(true);
    });
    if (failure === undefined) {
      step.registration?.done(step.new!);
      return true;
    }
    const kept = failure instanceof ProtectedError;
    if (kept) this.stopped.push(step);
    this.fail(!kept && !this.keepGoing);
    return false;
  }

  private fail(stop: boolean): void {
    this.failed = true;
    if (stop) this.cancel();
  }

  /**
   * A provider knows no secrets. An output is secret by option, or when the input of its name is.
   */
  private markSecrets(step: Step): void {
    const state = step.new!;
    if (!state.outputs) return;
    const outputs = { ...state.outputs };
    for (const key of state.additionalSecretOutputs ?? []) {
      if (key === "id") {
        const text = "The 'id' property cannot be made secret. See pulumi/pulumi#2717 for more details.";
        this.context.reporter.diagnostic("warning", text, step.urn);
      } else if (outputs[key] !== undefined) outputs[key] = makeSecret(outputs[key]);
    }
    for (const [key, output] of Object.entries(outputs)) {
      if (isSecret(state.inputs?.[key])) outputs[key] = makeSecret(output);
    }
    state.outputs = outputs;
  }
}
