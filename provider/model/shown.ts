/** More of a value than this helps nobody to find it. */
const LONGEST = 80;

/** A value of an argument as messages show it: JSON, on one line, cut where it is huge. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}
