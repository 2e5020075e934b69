import { styleText } from "node:util";

/** Something that wasn't as the demo says it is. Its message is the last line on the screen. */
export class NotAsSaid extends Error {
  override name = "NotAsSaid";
}

/** States what must be so. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new NotAsSaid(otherwise);
}

let sections = 0;

/** Begins a numbered section. */
export function section(title: string): void {
  sections++;
  console.log(`\n${paint("bold", `${sections}  ${title}`)}`);
}

/** Prints a line of a section. */
export const say = (line: string): void => console.log(`   ${line}`);

/** Prints lines as they came from a tool. */
export const quote = (lines: readonly string[]): void => {
  for (const line of lines) say(paint("dim", line));
};

/** Prints what has been shown to hold. */
export const tick = (line: string): void => say(`${paint("green", "✓")} ${line}`);

/** Prints rows under a head, in columns as wide as they need be. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((cell, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? cell).length)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ");
  say(paint("underline", line(head)));
  for (const row of rows) say(line(row).trimEnd());
}

/** Colours a text when the screen has colours. */
export function paint(style: "bold" | "dim" | "green" | "red" | "underline", text: string): string {
  const plain = process.env.NO_COLOR !== undefined || !(process.stdout.isTTY || process.env.FORCE_COLOR);
  return plain ? text : styleText(style, text);
}
