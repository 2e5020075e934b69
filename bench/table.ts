/** A table as data. The terminal and docs/benchmarks.md show the same one. */
export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** A table for the terminal; numbers stand right. */
export function asText({ head, rows }: Table): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (isNumber(cell) || at > 1 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join("  ");
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** A table for Markdown. A column of numbers stands right; an empty cell shows "–". */
export function asMarkdown({ head, rows }: Table): string {
  const isRight = head.map((_, at) => rows.every((row) => !row[at] || isNumber(row[at])));
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell || "–").join(" | ")} |`;
  return [line(head), line(isRight.map((right) => (right ? "---:" : "---"))), ...rows.map(line)].join("\n");
}

const isNumber = (cell: string) => /^-?[\d.,]+( ×)?$/.test(cell);

/** Empty for NaN: it was not measured. */
export const inSeconds = (value: number): string => (Number.isNaN(value) ? "" : value.toFixed(2));

/** Empty for NaN: it was not measured. */
export const asRatio = (value: number): string => (Number.isNaN(value) ? "" : `${value.toFixed(2)} ×`);
