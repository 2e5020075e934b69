/** More of a value than this helps nobody to find it. */
const LONGEST = 80;

/** What JSON leaves as it is, and a terminal doesn't show, or obeys. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const escaped = (sign: string) => `\\u${sign.codePointAt(0)!.toString(16).padStart(4, "0")}`;

/** A value of an argument as messages show it: JSON, on one line, cut where it is huge. */
export function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replace(UNSEEN, escaped);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}
