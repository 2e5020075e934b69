import { deepEquals } from "../model/difference.js";
import { canonical } from "../model/resource-state.js";
import type { EngineEvent, ResourceState, StepMetadata, StepOp } from "../model/types.js";
import { type Step, subject } from "./step.js";

type Severity = Extract<EngineEvent, { diagnosticEvent: unknown }>["diagnosticEvent"]["severity"];

/** Tells the display what goes on, and counts. */
export class Reporter {
  readonly changes: Partial<Record<StepOp, number>> = {};
  /** Errors of the run, which can't be called a success any more. */
  errors = 0;
  /**
   * Errors that a program or a provider has logged. They decide nothing: a program fails by its
   * exit code.
   */
  logged = 0;
  private readonly start = Date.now();
  private steps = 0;

  constructor(
    private readonly emit: (event: EngineEvent) => void,
    private readonly planning: boolean,
    /** What a refresh finds counts only when the operation is a refresh and nothing else. */
    private readonly refreshing: boolean,
  ) {}

  prelude(config: Record<string, string>, secretKeys: string[]): void {
    const shown = Object.entries(config).map(([key, value]) => [key, secretKeys.includes(key) ? "[secret]" : value]);
    this.emit({ preludeEvent: { config: Object.fromEntries(shown) } });
  }

  diagnostic(severity: Severity, message: string, urn?: string): void {
    if (severity === "error") this.errors++;
    this.tell(severity, message, urn, {});
  }

  /** What a program or a provider has logged. */
  log(severity: Severity, message: string, urn: string, rest: { streamID: number; ephemeral: boolean }): void {
    if (severity === "error") this.logged++;
    this.tell(severity, message, urn, rest);
  }

  private tell(
    severity: Severity,
    message: string,
    urn: string | undefined,
    { streamID, ephemeral }: { streamID?: number; ephemeral?: boolean },
  ): void {
    this.emit({
      diagnosticEvent: {
        ...(urn ? { urn } : {}),
        message,
        color: "never",
        severity,
        ...(streamID ? { streamID } : {}),
        ...(ephemeral ? { ephemeral } : {}),
      },
    });
  }

  /** A line that a child printed. */
  line(line: string, stream: "stdout" | "stderr", streamID: number): void {
    this.tell(stream === "stderr" ? "info#err" : "info", line, undefined, { streamID });
  }

  before(step: Step): void {
    if (!step.internal) this.emit({ resourcePreEvent: { metadata: metadata(step, step.op), ...this.mode() } });
  }

  succeeded(step: Step): void {
    const op = this.opOf(step);
    if (step.internal) return;
    const counted = step.kind === "read" ? hasChanged(step) : step.logical;
    if (counted || (step.kind === "refresh" && this.refreshing)) {
      this.steps++;
      this.changes[op] = (this.changes[op] ?? 0) + 1;
    }
    // What a component has for outputs is only known when it registers them.
    if (this.planning || subject(step).custom || step.kind === "refresh" || op === "delete") this.outputs(step);
  }

  /** The outputs of a step are known now. */
  outputs(step: Step): void {
    if (step.internal) return;
    this.emit({ resOutputsEvent: { metadata: metadata(step, this.opOf(step)), ...this.mode() } });
  }

  failed(step: Step, message: string, partial: boolean): void {
    this.diagnostic(
      "error",
      this.planning ? `Preview failed: ${message}` : message,
      step.internal ? undefined : step.urn,
    );
    if (this.planning) return;
    const status = partial ? 1 : 2;
    this.emit({ resOpFailedEvent: { metadata: metadata(step, step.op), status, steps: this.steps } });
  }

  summary(): void {
    const durationSeconds = Math.round((Date.now() - this.start) / 1000);
    this.emit({ summaryEvent: { maybeCorrupt: false, durationSeconds, resourceChanges: this.changes } });
    this.emit({ cancelEvent: {} });
  }

  private opOf(step: Step): StepOp {
    return step.kind === "refresh" && this.refreshing ? step.result! : step.op;
  }

  private mode(): { planning?: boolean } {
    return this.planning ? { planning: true } : {};
  }
}

/** What is read again and has stayed the same is nothing to tell of. */
const hasChanged = ({ old, new: now }: Step): boolean =>
  old?.outputs !== undefined && !deepEquals(old.outputs, now?.outputs ?? {});

function metadata(step: Step, op: StepOp): StepMetadata {
  const { urn, type, provider, keys, diffs, detailedDiff, logical } = step;
  // A copy: the engine goes on writing into its states.
  const copy = (state: ResourceState | undefined) => state && canonical(state);
  const now = copy(step.new);
  const old = copy(step.old);
  return {
    op,
    urn,
    type,
    ...(old ? { old } : {}),
    ...(now ? { new: now } : {}),
    ...(keys?.length ? { keys } : {}),
    ...(diffs?.length ? { diffs } : {}),
    ...(detailedDiff ? { detailedDiff } : {}),
    ...(logical ? { logical } : {}),
    provider,
  };
}
