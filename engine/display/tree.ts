import type { EngineEvent, StepMetadata } from "../types.js";
import { type Paint, painter } from "./colors.js";
import { type Diagnostic, Diagnostics, messageOf } from "./diagnostics.js";
import type { Display, DisplayOptions, Ending } from "./display.js";
import type { Screen } from "./screen.js";
import { shortDiff } from "./short-diff.js";
import { outputLines, resourceLines } from "./summary.js";
import { type Row, treeLines } from "./tree-rows.js";
import { isStack, WORDS } from "./words.js";

/** How often the seconds of what goes on are drawn anew. */
const TICK_MS = 100;

const elapsed = (since: number) => {
  const seconds = (performance.now() - since) / 1000;
  return `${seconds < 1 ? seconds.toFixed(2) : Math.floor(seconds)}s`;
};

interface LiveRow extends Row {
  going: string;
  started: number;
  diff: string;
}

/** At a terminal: the resources as a tree that shows what goes on with each, and in the end what the CLI shows below it. */
export class TreeDisplay implements Display {
  private readonly paint: Paint;
  private readonly rows = new Map<string, LiveRow>();
  private readonly diagnostics = new Diagnostics();
  private readonly timer: NodeJS.Timeout;
  private changed = true;
  private stackUrn: string;

  constructor(
    private readonly options: DisplayOptions,
    project: string,
    private readonly screen: Screen,
  ) {
    this.paint = painter(options.colors);
    this.stackUrn = `urn:pulumi:${options.stack}::${project}::pulumi:pulumi:Stack::${project}-${options.stack}`;
    this.timer = setInterval(() => this.draw(), TICK_MS).unref();
  }

  event(event: EngineEvent): void {
    this.changed = true;
    if ("resourcePreEvent" in event) this.started(event.resourcePreEvent.metadata);
    else if ("resOutputsEvent" in event) this.finished(event.resOutputsEvent.metadata);
    else if ("resOpFailedEvent" in event) this.failure(event.resOpFailedEvent.metadata);
    else if ("diagnosticEvent" in event) this.said(event.diagnosticEvent);
    else if ("stdoutEvent" in event) this.options.out(event.stdoutEvent.message);
  }

  end(ending: Ending): void {
    clearInterval(this.timer);
    this.screen.draw([]);
    for (const row of this.rows.values()) row.info = this.diagnostics.count(row.urn) || row.diff;
    const stack = this.rows.get(this.stackUrn);
    if (stack)
      stack.status =
        ending.status !== "succeeded" && stack.info.includes("error") ? "**failed**" : WORDS[stack.op].done;
    const errored = new Set([
      ...this.diagnostics.errored(),
      ...[...this.rows.values()].filter(({ failed }) => failed).map(({ urn }) => urn),
    ]);
    const lines = [
      ...this.lines(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
      "",
      ...this.diagnostics.lines(this.paint),
      ...outputLines(ending, this.options, this.paint),
      ...resourceLines(ending, errored.size, this.options, this.paint),
      "",
    ];
    this.options.out(lines.map((line) => `${line}\n`).join(""));
  }

  private started(metadata: StepMetadata): void {
    const { op, urn, old, new: after } = metadata;
    if (isStack(urn)) this.stackUrn = urn;
    const { planned, going } = WORDS[op];
    const before = this.rows.get(urn);
    // Of a replacement the whole says more than its parts.
    const part = op === "create-replacement" || op === "delete-replaced";
    this.rows.set(urn, {
      urn,
      op,
      parent: (after ?? old)?.parent,
      going: this.options.dryRun ? "" : going,
      status: this.options.dryRun ? planned : going,
      diff: (part && before?.diff) || shortDiff(metadata),
      info: (part && before?.diff) || shortDiff(metadata),
      started: performance.now(),
      shown: op !== "same" && op !== "refresh",
      busy: !this.options.dryRun && op !== "same",
      failed: before?.failed ?? false,
    });
  }

  private finished(metadata: StepMetadata): void {
    const row = this.rows.get(metadata.urn);
    if (!row || row.failed) return;
    row.busy = false;
    const { done, planned } = WORDS[metadata.op];
    if (row.op === "refresh" && metadata.op !== "refresh") {
      // It comes back as what was found: an update, a deletion, or nothing new.
      row.op = metadata.op;
      row.shown = metadata.op !== "same";
      row.diff = row.info = shortDiff(metadata);
    }
    row.going = "";
    row.status = this.options.dryRun ? planned : done && `${done} (${elapsed(row.started)})`;
  }

  private failure({ urn, op }: StepMetadata): void {
    const row = this.rows.get(urn);
    if (!row) return;
    Object.assign(row, {
      failed: true,
      busy: false,
      shown: true,
      going: "",
      status: `**${WORDS[op].going || op} failed**`,
    });
  }

  private said(diagnostic: Diagnostic): void {
    if (diagnostic.severity === "debug") return;
    this.diagnostics.add(diagnostic, this.stackUrn);
    const row = this.rows.get(diagnostic.urn || this.stackUrn);
    if (row) row.info = messageOf(diagnostic, painter(false)).split("\n")[0]!;
  }

  private lines(width: number, most: number): string[] {
    const rows = [...this.rows.values()].map((row) =>
      row.going ? { ...row, status: `${row.going} (${elapsed(row.started)})` } : row,
    );
    return treeLines(rows, { dryRun: this.options.dryRun, width, most, paint: this.paint });
  }

  private draw(): void {
    if (this.rows.size === 0) return;
    const busy = [...this.rows.values()].some(({ going }) => going);
    if (!this.changed && !busy) return;
    this.changed = false;
    // The last line is the cursor's.
    this.screen.draw(this.lines(this.screen.columns, this.screen.rows - 1));
  }
}
