import { colorOf, type Paint } from "./colors.js";
import type { DisplayOptions, Ending } from "./display.js";
import { ValueWriter } from "./values.js";
import { SUMMARY_ORDER, WORDS } from "./words.js";

/** The `Outputs:` block: in a preview what changes, after an update and of a new stack all. */
export function outputLines(ending: Ending, options: DisplayOptions, paint: Paint): string[] {
  const { outputsBefore } = ending;
  if (ending.outputs === undefined) return [];
  const lines = new ValueWriter(options.showSecrets).stackOutputs(outputsBefore, ending.outputs, 1, options.dryRun);
  return lines.length === 0 ? [] : [paint("bold", "Outputs:"), ...lines, ""];
}

/** The `Resources:` and `Duration:` blocks. */
export function resourceLines(ending: Ending, errored: number, options: DisplayOptions, paint: Paint): string[] {
  const { changes } = ending;
  const to = options.dryRun ? "to " : "";
  const counted = SUMMARY_ORDER.filter((op) => (changes[op] ?? 0) > 0);
  const lines = [paint("bold", "Resources:")];
  for (const op of counted) {
    const words = WORDS[op];
    lines.push(
      `    ${paint(colorOf(op), `${words.sign}${changes[op]} ${to}${options.dryRun ? words.planned : words.past}`)}`,
    );
  }
  const total = counted.reduce((sum, op) => sum + (changes[op] ?? 0), 0);
  const rest = [
    ...(counted.length > 1 ? [paint("bold", `${total} changes`)] : []),
    ...(changes.same ? [`${changes.same} unchanged`] : []),
  ];
  if (rest.length > 0) lines.push(`    ${rest.join(". ")}`);
  if (errored > 0) lines.push(`    ${paint("red", `${errored} errored`)}`);
  if (!options.dryRun) lines.push("", `${paint("bold", "Duration:")} ${duration(Math.ceil(ending.seconds))}`);
  return lines;
}

/** Whole seconds as Go writes a duration: `1s`, `2m3s`, `1h0m0s`. */
function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
