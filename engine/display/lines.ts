import type { EngineEvent, StepMetadata } from "../types.js";
import { colorOf, type Paint, painter } from "./colors.js";
import { type Diagnostic, Diagnostics, messageOf } from "./diagnostics.js";
import type { Display, DisplayOptions, Ending } from "./display.js";
import { shortDiff } from "./short-diff.js";
import { outputLines, resourceLines } from "./summary.js";
import { isStack, nameOf, typeOf, WORDS } from "./words.js";

interface Row {
  metadata: StepMetadata;
  status: string;
  started: number;
}

const elapsed = (started = performance.now()) => {
  const seconds = (performance.now() - started) / 1000;
  return `${seconds < 1 ? seconds.toFixed(2) : Math.floor(seconds)}s`;
};

/** One line for each thing that happens, then what was said, the outputs and the sums: as the CLI does when piped. */
export class LineDisplay implements Display {
  private readonly paint: Paint;
  private readonly rows = new Map<string, Row>();
  private readonly diagnostics = new Diagnostics();
  private readonly failed = new Set<string>();
  private stackUrn: string;

  constructor(
    private readonly options: DisplayOptions,
    project: string,
  ) {
    this.paint = painter(options.colors);
    this.stackUrn = `urn:pulumi:${options.stack}::${project}::pulumi:pulumi:Stack::${project}-${options.stack}`;
  }

  event(event: EngineEvent): void {
    if ("resourcePreEvent" in event) this.started(event.resourcePreEvent.metadata);
    else if ("resOutputsEvent" in event) this.finished(event.resOutputsEvent.metadata);
    else if ("resOpFailedEvent" in event) this.failure(event.resOpFailedEvent.metadata);
    else if ("diagnosticEvent" in event) this.said(event.diagnosticEvent);
    else if ("stdoutEvent" in event) this.options.out(event.stdoutEvent.message);
  }

  end(ending: Ending): void {
    const stack = this.rows.get(this.stackUrn);
    const count = this.diagnostics.count(this.stackUrn);
    const words = stack ? WORDS[stack.metadata.op] : WORDS.same;
    if (stack || count) {
      const failed = ending.status !== "succeeded" && count.includes("error");
      const going = words.going && `${words.going} `;
      const done = this.options.dryRun || !words.done ? words.planned : `${words.done} (${elapsed(stack?.started)})`;
      this.line(stack?.metadata ?? { op: "same" }, this.stackUrn, failed ? `**${going}failed**` : done, count);
      if (stack?.metadata.op === "delete" && !this.options.dryRun) this.line({ op: "same" }, this.stackUrn, "", "");
    }
    for (const urn of this.diagnostics.errored()) this.failed.add(urn);
    this.print([
      ...this.diagnostics.lines(this.paint),
      ...outputLines(ending, this.options, this.paint),
      ...resourceLines(ending, this.failed.size, this.options, this.paint),
      "",
    ]);
  }

  private started(metadata: StepMetadata): void {
    const { op, urn } = metadata;
    if (isStack(urn)) this.stackUrn = urn;
    const words = WORDS[op];
    const status = this.options.dryRun ? words.planned : words.going && `${words.going} (0s)`;
    const shown = op === "same" && isStack(urn) ? "running" : status;
    this.rows.set(`${urn} ${op}`, { metadata, status: shown, started: performance.now() });
    this.rows.set(urn, { metadata, status: shown, started: performance.now() });
    if (op !== "same" || isStack(urn)) this.line(metadata, urn, shown, this.diff(metadata));
  }

  /** The steps of a replacement tell less of what is changed than it does as a whole. */
  private diff(metadata: StepMetadata): string {
    const part = metadata.op === "create-replacement" || metadata.op === "delete-replaced";
    return shortDiff((part && this.rows.get(`${metadata.urn} replace`)?.metadata) || metadata);
  }

  private finished(metadata: StepMetadata): void {
    const { op, urn } = metadata;
    const row = this.rows.get(`${urn} ${op}`);
    // A refresh comes back as what it found: an update, a deletion, or nothing new.
    const before = this.rows.get(`${urn} refresh`);
    if (this.options.dryRun && !before) return;
    // Of a component nobody waits for an end.
    if (isStack(urn) || (!before && (op === "same" || !(metadata.new ?? metadata.old)?.custom))) return;
    const seconds = elapsed((row ?? before)?.started);
    const { done, planned } = WORDS[op];
    const word = this.options.dryRun ? planned : done && `${done} (${seconds})`;
    if (row) row.status = word;
    this.line(metadata, urn, word, this.diff(metadata));
  }

  private failure(metadata: StepMetadata): void {
    const { op, urn } = metadata;
    this.failed.add(urn);
    this.line(metadata, urn, `**${WORDS[op].going || op} failed**`, this.diagnostics.count(urn));
  }

  private said(diagnostic: Diagnostic): void {
    if (diagnostic.severity === "debug") return;
    const urn = diagnostic.urn || this.stackUrn;
    this.diagnostics.add(diagnostic, this.stackUrn);
    const row = this.rows.get(urn);
    const first = messageOf(diagnostic, this.paint).split("\n")[0]!;
    this.line(row?.metadata ?? { op: "same" }, urn, row?.status ?? "", first);
  }

  private line({ op }: Pick<StepMetadata, "op">, urn: string, status: string, info: string): void {
    const color = colorOf(op);
    const sign = this.paint(color, WORDS[op].sign);
    this.print([` ${sign} ${typeOf(urn)} ${nameOf(urn)} ${this.paint(color, status)} ${info}`]);
  }

  private print(lines: string[]): void {
    this.options.out(lines.map((line) => `${line}\n`).join(""));
  }
}
