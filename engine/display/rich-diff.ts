import type { EngineEvent, PropertyMap, StepMetadata, StepOp } from "../types.js";
import { colorOf, type Paint, painter } from "./colors.js";
import { messageOf } from "./diagnostics.js";
import type { Display, DisplayOptions, Ending } from "./display.js";
import { outputLines, resourceLines } from "./summary.js";
import { ValueWriter, visible } from "./values.js";
import { isStack, typeOf, WORDS } from "./words.js";

/** `--diff`: each resource with the old and the new value of what changes. */
export class DiffDisplay implements Display {
  private readonly paint: Paint;
  private readonly writer: ValueWriter;
  private readonly failed = new Set<string>();

  constructor(private readonly options: DisplayOptions) {
    this.paint = painter(options.colors);
    this.writer = new ValueWriter(options.showSecrets);
  }

  event(event: EngineEvent): void {
    if ("resourcePreEvent" in event) this.step(event.resourcePreEvent.metadata);
    else if ("resOutputsEvent" in event) this.refreshed(event.resOutputsEvent.metadata);
    else if ("resOpFailedEvent" in event) this.failed.add(event.resOpFailedEvent.metadata.urn);
    else if ("stdoutEvent" in event) this.options.out(event.stdoutEvent.message);
    else if ("diagnosticEvent" in event && event.diagnosticEvent.severity !== "debug") {
      this.options.err(`${messageOf(event.diagnosticEvent, this.paint)}\n`);
    }
  }

  end(ending: Ending): void {
    const outputs = outputLines(ending, this.options, this.paint);
    this.print(outputs.slice(0, -1));
    this.print(resourceLines(ending, this.failed.size, this.options, this.paint));
  }

  private step(metadata: StepMetadata): void {
    const { op, urn } = metadata;
    // The steps of a replacement are shown as one.
    if ((op === "same" && !isStack(urn)) || op === "create-replacement" || op === "delete-replaced") return;
    if (op === "refresh") return;
    this.print(stepLines(metadata, this.writer, this.paint));
  }

  private readonly seenRefresh = new Set<string>();
  private refreshed(metadata: StepMetadata): void {
    if (this.options.operation !== "refresh" || this.seenRefresh.has(metadata.urn)) return;
    this.seenRefresh.add(metadata.urn);
    if (metadata.op === "update" || metadata.op === "delete") {
      this.print(stepLines(metadata, this.writer, this.paint, "outputs"));
    }
  }

  private print(lines: string[]): void {
    if (lines.length > 0) this.options.out(lines.map((line) => `${line}\n`).join(""));
  }
}

/** A step with its properties, as the CLI's detailed view shows it. */
export function stepLines(
  metadata: StepMetadata,
  writer: ValueWriter,
  paint: Paint,
  part: "inputs" | "outputs" = "inputs",
): string[] {
  const { op, urn, old, new: after } = metadata;
  const level = isStack(urn) ? 0 : 1;
  const indent = "    ".repeat(level);
  const head = `${indent}${WORDS[op].sign}${typeOf(urn)}: (${op})`;
  const lines = [paint(colorOf(op), head)];
  const id = old?.id;
  if (id && op !== "create") lines.push(`${indent}    [id=${id}]`);
  lines.push(`${indent}    [urn=${urn}]`);
  return [...lines, ...properties(op, visible(old?.[part]), visible(after?.[part]), level + 1, writer)];
}

function properties(op: StepOp, old: PropertyMap, after: PropertyMap, level: number, writer: ValueWriter): string[] {
  if (op === "same") return [];
  if (op === "create") return writer.entries(after, level);
  if (op === "delete" || op === "read" || op === "discard") return writer.entries(old, level);
  const lines = writer.difference(old, after, level);
  // A provider that found its object changed on the host has no difference of inputs to show.
  return lines.length > 0 ? lines : writer.entries(after, level);
}
