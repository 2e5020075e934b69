import { randomUUID } from "node:crypto";

/**
 * Stands for ESC in our own colours until they are printed. No text from elsewhere can have it, as
 * it is another in each process.
 */
export const OURS = `\u001b${randomUUID()}`;

/**
 * What a terminal obeys instead of showing it: control characters (C0, DEL, C1), separators of
 * lines, and what turns the direction of writing (Unicode Bidirectional Algorithm, Bidi_Control).
 */
const CONTROL = String.raw`[\p{Cc}\p{Bidi_Control}\u2028\u2029]`;
const CONTROLS = new RegExp(CONTROL, "gu");
const CONTROLS_AND_OURS = new RegExp(String.raw`${OURS}(?=\[\d+m)|\r\n|${CONTROL}`, "gu");
const ESC = String.raw`\u001b`;
/** A colour or another look (SGR). */
const LOOK = new RegExp(String.raw`${ESC}\[[\d;:]*m`, "gu");

const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** As JSON has it, so that JSON stays the JSON that it is. */
const escaped = (sign: string): string => SHORT[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * A text as it may be printed: with our colours, lines and tabs. All else that a terminal would
 * obey is shown as an escape, `\u001b`.
 */
export const printable = (text: string): string =>
  text.replace(CONTROLS_AND_OURS, (sign) => {
    if (sign === OURS) return "\u001b";
    if (sign === "\r\n") return "\n";
    return sign === "\n" || sign === "\t" ? sign : escaped(sign);
  });

/** A name or a value that must stay within its line and its column. */
export const onOneLine = (text: string): string => text.replace(CONTROLS, escaped);

/** A line of a program without its colours. */
export const withoutColors = (line: string): string => line.replace(LOOK, "");
