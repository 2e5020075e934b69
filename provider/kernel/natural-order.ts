const collator = new Intl.Collator("en", { numeric: true });

/** HTTP2 before HTTP10; names that only differ in case still have one order. */
export function naturally(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
