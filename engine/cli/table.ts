import { onOneLine } from "../display/printable.js";

/** Columns two spaces apart. */
export function table(texts: string[][]): string {
  const rows = texts.map((row) => row.map(onOneLine));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
