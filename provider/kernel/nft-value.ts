/** A value of nft's JSON, as in libnftables-json(5), in nft's own words. */
export function textOf(value: unknown): string {
  if (!isObject(value)) return String(value);
  if (Array.isArray(value.concat)) return value.concat.map(textOf).join(" . ");
  const { prefix, range, goto, jump } = value as Record<string, Record<string, unknown>>;
  if (prefix) return `${String(prefix.addr)}/${String(prefix.len)}`;
  if (Array.isArray(range)) return range.map(textOf).join("-");
  if (goto) return `goto ${String(goto.target)}`;
  if (jump) return `jump ${String(jump.target)}`;
  return Object.keys(value)[0] ?? "";
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
