import type { StepMetadata } from "../model/types.js";
import { colorOf } from "./colors.js";
import { type Diagnostic, diagnosticText } from "./diagnostics.js";
import type { Ending } from "./display.js";
import { elapsed, isPart, ResourceDisplay } from "./resource-display.js";
import { shortDiff } from "./short-diff.js";
import { isStack, nameOf, typeOf, WORDS } from "./words.js";

interface Row {
  metadata: StepMetadata;
  status: string;
  started: number;
}

/** One line for each event, then diagnostics, outputs and sums: as the CLI does when piped. */
export class LineDisplay extends ResourceDisplay {
  private readonly rows = new Map<string, Row>();
  private readonly failed = new Set<string>();
  private readonly last = new Map<string, string>();

  end(ending: Ending): void {
    const stack = this.rows.get(this.stackUrn);
    const count = this.diagnostics.count(this.stackUrn);
    if (stack || count) this.endStack(stack, count);
    for (const urn of this.diagnostics.errored()) this.failed.add(urn);
    this.print(this.below(ending, this.failed.size));
  }

  private endStack(stack: Row | undefined, count: string): void {
    const { dryRun } = this.options;
    const words = stack ? WORDS[stack.metadata.op] : WORDS.same;
    const failed = !dryRun && count.includes("error");
    const took = ` (${elapsed(stack?.started)})`;
    const done = dryRun || !words.done ? words.planned : words.done + took;
    const not = words.going ? `**${words.going} failed${took}**` : "**failed**";
    this.line(stack?.metadata ?? { op: "same" }, this.stackUrn, failed ? not : done, count);
    if (stack?.metadata.op === "delete" && !dryRun) this.line({ op: "same" }, this.stackUrn, "", "");
  }

  protected started(metadata: StepMetadata): void {
    const { op, urn } = metadata;
    const words = WORDS[op];
    const status = this.options.dryRun ? words.planned : words.going && `${words.going} (0s)`;
    const shown = op === "same" && isStack(urn) ? "running" : status;
    this.rows.set(`${urn} ${op}`, { metadata, status: shown, started: performance.now() });
    this.rows.set(urn, { metadata, status: shown, started: performance.now() });
    if (op !== "same" || isStack(urn)) this.line(metadata, urn, shown, this.diff(metadata));
  }

  private diff(metadata: StepMetadata): string {
    return shortDiff((isPart(metadata.op) && this.rows.get(`${metadata.urn} replace`)?.metadata) || metadata);
  }

  protected finished(metadata: StepMetadata): void {
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

  protected failure(metadata: StepMetadata): void {
    const { op, urn } = metadata;
    this.failed.add(urn);
    this.line(metadata, urn, `**${WORDS[op].going || op} failed**`, this.info(urn, this.rows.get(urn)));
  }

  /** What is changed of a resource, and what was said of it last. */
  private info(urn: string, row: Row | undefined): string {
    return [row ? this.diff(row.metadata) : "", this.last.get(urn) ?? ""].filter(Boolean).join("; ");
  }

  protected said(diagnostic: Diagnostic, urn: string): void {
    const row = this.rows.get(urn);
    this.last.set(urn, diagnosticText(diagnostic, this.paint).split("\n")[0]!);
    this.line(row?.metadata ?? { op: "same" }, urn, row?.status ?? "", this.info(urn, row));
  }

  private line({ op }: Pick<StepMetadata, "op">, urn: string, status: string, info: string): void {
    const color = colorOf(op);
    const sign = this.paint(color, WORDS[op].sign);
    this.print([` ${sign} ${typeOf(urn)} ${nameOf(urn)} ${this.paint(color, status)} ${info}`]);
  }
}
