import type { EngineEvent, StepMetadata } from "../model/types.js";
import { painter } from "./colors.js";
import { type Diagnostic, diagnosticText } from "./diagnostics.js";
import type { DisplayOptions, Ending } from "./display.js";
import { onOneLine } from "./printable.js";
import { elapsed, isPart, ResourceDisplay } from "./resource-display.js";
import type { Screen } from "./screen.js";
import { shortDiff } from "./short-diff.js";
import { type Row, treeLines } from "./tree-rows.js";
import { WORDS } from "./words.js";

/** How often the seconds of what goes on are drawn anew. */
const TICK_MS = 100;

interface LiveRow extends Row {
  going: string;
  started: number;
  diff: string;
}

/**
 * At a terminal: the resources as a tree that shows what happens to each. At the end follows what
 * the CLI shows below it.
 */
export class TreeDisplay extends ResourceDisplay {
  private readonly rows = new Map<string, LiveRow>();
  private readonly timer: NodeJS.Timeout;
  private changed = true;

  constructor(
    options: DisplayOptions,
    project: string,
    private readonly screen: Screen,
  ) {
    super(options, project);
    this.timer = setInterval(() => this.draw(), TICK_MS).unref();
  }

  override event(event: EngineEvent): void {
    this.changed = true;
    super.event(event);
  }

  end(ending: Ending): void {
    clearInterval(this.timer);
    this.screen.draw([]);
    for (const row of this.rows.values()) row.info = this.diagnostics.count(row.urn) || row.diff;
    const stack = this.rows.get(this.stackUrn);
    if (stack)
      stack.status = !this.options.dryRun && stack.info.includes("error") ? "**failed**" : WORDS[stack.op].done;
    const errored = new Set([
      ...this.diagnostics.errored(),
      ...[...this.rows.values()].filter(({ failed }) => failed).map(({ urn }) => urn),
    ]);
    this.print([
      ...this.lines(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
      "",
      ...this.below(ending, errored.size),
    ]);
  }

  protected started(metadata: StepMetadata): void {
    const { op, urn, old, new: after } = metadata;
    const { planned, going } = WORDS[op];
    const before = this.rows.get(urn);
    const diff = (isPart(op) && before?.diff) || shortDiff(metadata);
    this.rows.set(urn, {
      urn,
      op,
      parent: (after ?? old)?.parent,
      going: this.options.dryRun ? "" : going,
      status: this.options.dryRun ? planned : going,
      diff,
      info: diff,
      started: performance.now(),
      shown: op !== "same" && op !== "refresh",
      busy: !this.options.dryRun && op !== "same",
      failed: before?.failed ?? false,
    });
  }

  protected finished(metadata: StepMetadata): void {
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

  protected failure({ urn, op }: StepMetadata): void {
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

  protected said(diagnostic: Diagnostic, urn: string): void {
    const row = this.rows.get(urn);
    if (row) row.info = onOneLine(diagnosticText(diagnostic, painter(false)).split("\n")[0]!);
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
