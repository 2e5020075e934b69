import type { EngineEvent, PropertyMap, StepMetadata, StepOp } from "../model/types.js";
import { colorOf, type Paint, painter } from "./colors.js";
import { diagnosticText } from "./diagnostics.js";
import type { Display, DisplayOptions, Ending } from "./display.js";
import { onOneLine } from "./printable.js";
import { resourceLines } from "./summary.js";
import { same, ValueWriter, visible } from "./values.js";
import { isStack, typeOf, WORDS } from "./words.js";

/** `--diff`: each resource with the old and the new value of what changes. */
export class DiffDisplay implements Display {
  private readonly paint: Paint;
  private readonly writer: ValueWriter;
  private readonly failed = new Set<string>();
  /** The last step of each resource. */
  private readonly seen = new Map<string, StepMetadata>();
  private readonly refreshed = new Set<string>();

  constructor(private readonly options: DisplayOptions) {
    this.paint = painter(options.colors);
    this.writer = new ValueWriter(options.showSecrets);
  }

  event(event: EngineEvent): void {
    if ("resourcePreEvent" in event) this.step(event.resourcePreEvent.metadata);
    else if ("resOutputsEvent" in event) this.finished(event.resOutputsEvent.metadata);
    else if ("resOpFailedEvent" in event) this.failed.add(event.resOpFailedEvent.metadata.urn);
    else if ("stdoutEvent" in event) this.options.out(event.stdoutEvent.message);
    else if ("diagnosticEvent" in event && event.diagnosticEvent.severity !== "debug") {
      this.options.err(`${diagnosticText(event.diagnosticEvent, this.paint)}\n`);
    }
  }

  end(ending: Ending): void {
    this.print(resourceLines(ending, this.failed.size, this.options, this.paint));
  }

  private step(metadata: StepMetadata): void {
    const { op, urn } = metadata;
    this.seen.set(urn, metadata);
    // The steps of a replacement are shown as one.
    if (!isShown(metadata) || op === "refresh") return;
    this.print(stepLines(metadata, this.level(metadata), this.writer, this.paint));
  }

  /** What a step has for outputs that its inputs don't say, and what a refresh has found. */
  private finished(metadata: StepMetadata): void {
    const { op, urn } = metadata;
    const level = this.level(metadata);
    if (this.options.operation === "refresh") {
      if (this.refreshed.has(urn) || !isShown(metadata)) return;
      this.refreshed.add(urn);
      this.print(stepLines(metadata, level, this.writer, this.paint, "outputs"));
    } else if (!this.options.dryRun && isShown(metadata) && op !== "refresh" && !isStack(urn)) {
      this.outputs(op, level + 1, newOutputs(metadata, level + 1, this.writer));
    }
    if (isStack(urn) && op !== "delete") this.stackOutputs(metadata);
  }

  /** All outputs of the stack after an update, and in a preview what changes of them. */
  private stackOutputs({ op, old, new: after }: StepMetadata): void {
    this.outputs(op, 1, this.writer.stackOutputs(old?.outputs, after?.outputs ?? {}, 1, this.options.dryRun));
  }

  private outputs(op: StepOp, level: number, lines: string[]): void {
    if (lines.length === 0) return;
    this.print([this.paint(colorOf(op), `${"    ".repeat(level)}--outputs:--`), ...lines]);
  }

  /** As deep as the parents that have been shown; what is deleted comes before its parents. */
  private level({ old, new: after }: StepMetadata): number {
    let level = 0;
    for (let parent = (after ?? old)?.parent; parent; ) {
      const above = this.seen.get(parent);
      if (!above) break;
      if (isShown(above)) level++;
      parent = (above.new ?? above.old)?.parent;
    }
    return level;
  }

  private print(lines: string[]): void {
    if (lines.length > 0) this.options.out(lines.map((line) => `${line}\n`).join(""));
  }
}

const isShown = ({ op, urn }: StepMetadata) =>
  isStack(urn) || (op !== "same" && op !== "create-replacement" && op !== "delete-replaced");

/** A step with its properties, as the CLI's detailed view shows it. */
function stepLines(
  metadata: StepMetadata,
  level: number,
  writer: ValueWriter,
  paint: Paint,
  part: "inputs" | "outputs" = "inputs",
): string[] {
  const { op, urn, old, new: after } = metadata;
  const indent = "    ".repeat(level);
  const head = `${indent}${WORDS[op].sign}${typeOf(urn)}: (${op})`;
  const lines = [paint(colorOf(op), head)];
  const id = old?.id;
  if (id && op !== "create") lines.push(`${indent}    [id=${onOneLine(id)}]`);
  lines.push(`${indent}    [urn=${onOneLine(urn)}]`);
  return [...lines, ...properties(op, old?.[part] ?? {}, after?.[part] ?? {}, level + 1, writer)];
}

function properties(op: StepOp, old: PropertyMap, after: PropertyMap, level: number, writer: ValueWriter): string[] {
  if (op === "same") return [];
  if (op === "create") return writer.entries(after, level);
  if (op === "delete" || op === "read" || op === "discard") return writer.entries(old, level);
  const lines = writer.difference(visible(old), visible(after), level);
  // A provider that found its object changed on the host has no difference of inputs to show.
  return lines.length > 0 ? lines : writer.entries(after, level);
}

/** Outputs that have changed or are new, without those that repeat inputs. On a deletion all go. */
function newOutputs({ old, new: after }: StepMetadata, level: number, writer: ValueWriter): string[] {
  if (old?.initErrors?.length) return [];
  const [before, now] = [visible(old?.outputs), visible(after?.outputs)];
  const said = (key: string) => after?.inputs?.[key] !== undefined && same(after.inputs[key], now[key]);
  const unsaid = (map: PropertyMap) => Object.fromEntries(Object.entries(map).filter(([key]) => !said(key)));
  return old?.outputs
    ? writer.difference(unsaid(before), unsaid(now), level)
    : writer.outputs(unsaid(now), level, after?.outputs);
}
