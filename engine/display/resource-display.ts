import type { EngineEvent, StepMetadata, StepOp } from "../model/types.js";
import { type Paint, painter } from "./colors.js";
import { type Diagnostic, Diagnostics } from "./diagnostics.js";
import type { Display, DisplayOptions, Ending } from "./display.js";
import { outputLines, resourceLines } from "./summary.js";
import { isStack } from "./words.js";

/** "0.42s", "12s". */
export const elapsed = (since = performance.now()) => {
  const seconds = (performance.now() - since) / 1000;
  return `${seconds < 1 ? seconds.toFixed(2) : Math.floor(seconds)}s`;
};

/** A step of a replacement tells less of what is changed than it does as a whole. */
export const isPart = (op: StepOp) => op === "create-replacement" || op === "delete-replaced";

/** What people read: what happens to each resource, then diagnostics, outputs and sums. */
export abstract class ResourceDisplay implements Display {
  protected readonly paint: Paint;
  protected readonly diagnostics = new Diagnostics();
  /** As soon as the stack is heard of, its own. */
  protected stackUrn: string;

  constructor(
    protected readonly options: DisplayOptions,
    project: string,
  ) {
    this.paint = painter(options.colors);
    this.stackUrn = `urn:pulumi:${options.stack}::${project}::pulumi:pulumi:Stack::${project}-${options.stack}`;
  }

  event(event: EngineEvent): void {
    if ("resourcePreEvent" in event) {
      const { metadata } = event.resourcePreEvent;
      if (isStack(metadata.urn)) this.stackUrn = metadata.urn;
      this.started(metadata);
    } else if ("resOutputsEvent" in event) this.finished(event.resOutputsEvent.metadata);
    else if ("resOpFailedEvent" in event) this.failure(event.resOpFailedEvent.metadata);
    else if ("diagnosticEvent" in event) {
      const diagnostic = event.diagnosticEvent;
      if (diagnostic.severity === "debug" || diagnostic.message.trim() === "") return;
      this.diagnostics.add(diagnostic, this.stackUrn);
      this.said(diagnostic, diagnostic.urn || this.stackUrn);
    } else if ("stdoutEvent" in event) this.options.out(event.stdoutEvent.message);
  }

  abstract end(ending: Ending): void;

  protected abstract started(metadata: StepMetadata): void;
  protected abstract finished(metadata: StepMetadata): void;
  protected abstract failure(metadata: StepMetadata): void;
  /** Of the resource `urn`. */
  protected abstract said(diagnostic: Diagnostic, urn: string): void;

  protected print(lines: string[]): void {
    this.options.out(lines.map((line) => `${line}\n`).join(""));
  }

  /** What stands below the resources when all has ended. */
  protected below(ending: Ending, failed: number): string[] {
    return [
      ...this.diagnostics.lines(this.paint),
      ...outputLines(ending, this.options, this.paint),
      ...resourceLines(ending, failed, this.options, this.paint),
      "",
    ];
  }
}
