/** Lines of cells as text; numbers stand right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (isNumber(cell) || at > 1 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join("  ");
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

const isNumber = (cell: string) => /^[\d.]+( ×)?$/.test(cell);

export const inSeconds = (value: number): string => (Number.isNaN(value) ? "" : value.toFixed(2));

export const asRatio = (value: number): string => (Number.isNaN(value) ? "" : `${value.toFixed(2)} ×`);
