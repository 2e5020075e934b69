import type { EngineEvent } from "../model/types.js";
import type { Paint } from "./colors.js";
import { withoutColors } from "./printable.js";
import { nameOf, rawNameOf, typeOf } from "./words.js";

export type Diagnostic = Extract<EngineEvent, { diagnosticEvent: unknown }>["diagnosticEvent"];

/** The message as people read it, with its severity before it when that matters. */
export function diagnosticText({ severity, message, urn = "" }: Diagnostic, paint: Paint): string {
  const name = nameOf(urn);
  // A name of several lines must not pass for what the engine says on lines of its own.
  const text = (name === "" ? message : message.replaceAll(rawNameOf(urn), name)).replace(/\n+$/, "");
  if (severity === "error") return `${paint("red", "error:")} ${text}`;
  if (severity === "warning") return `${paint("yellow", "warning:")} ${text}`;
  // A program may colour what it prints, even into our pipe (FORCE_COLOR).
  return withoutColors(text);
}

/** Collects what the program, the providers and the engine had to say, by resource. */
export class Diagnostics {
  private readonly byUrn = new Map<string, Diagnostic[]>();

  /** Keeps a diagnostic, unless it is for debugging or for the moment only. */
  add(diagnostic: Diagnostic, stackUrn: string): void {
    if (diagnostic.severity === "debug" || diagnostic.ephemeral) return;
    const urn = diagnostic.urn || stackUrn;
    this.byUrn.set(urn, [...(this.byUrn.get(urn) ?? []), diagnostic]);
  }

  /** `1 error; 2 warnings`, for the line of a resource. */
  count(urn: string): string {
    const all = this.byUrn.get(urn) ?? [];
    const counted = (noun: string, n: number) => (n === 0 ? [] : [`${n} ${noun}${n === 1 ? "" : "s"}`]);
    const errors = all.filter(({ severity }) => severity === "error").length;
    const warnings = all.filter(({ severity }) => severity === "warning").length;
    return [
      ...counted("error", errors),
      ...counted("warning", warnings),
      ...counted("message", all.length - errors - warnings),
    ].join("; ");
  }

  /** The resources with an error. */
  errored(): string[] {
    return [...this.byUrn].filter(([, all]) => all.some((one) => one.severity === "error")).map(([urn]) => urn);
  }

  /** The `Diagnostics:` block. */
  lines(paint: Paint): string[] {
    if (this.byUrn.size === 0) return [];
    const lines = [paint("bold", "Diagnostics:")];
    for (const [urn, all] of this.byUrn) {
      lines.push(`  ${paint("blue", `${typeOf(urn)} (${nameOf(urn)}):`)}`);
      for (const line of all.flatMap((one) => diagnosticText(one, paint).split("\n")))
        lines.push(line && `    ${line}`);
      lines.push("");
    }
    return lines;
  }
}
