import { isSecret, reveal, SIGNATURE, UNKNOWN } from "../properties.js";
import type { PropertyMap, PropertyValue } from "../types.js";

const isInternal = (key: string) => key.startsWith("__");

/** Properties of the implementation (`__provider`) are nothing for people's eyes. */
export const visible = (map: PropertyMap | undefined): PropertyMap =>
  Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !isInternal(key)));

const isContainer = (value: PropertyValue): value is PropertyValue[] | PropertyMap =>
  typeof value === "object" && value !== null && !isSecret(value) && !(SIGNATURE in value);

const indent = (level: number) => "    ".repeat(level);
/** The sign stands in the last columns of the indentation. */
const lead = (level: number, sign: string) => (sign === " " ? indent(level) : `${indent(level - 1)}  ${sign} `);

/** Writes properties and their differences as the CLI does: one a line, structures indented. */
export class ValueWriter {
  constructor(private readonly showSecrets: boolean) {}

  /** A value that takes no lines of its own. */
  private short(value: PropertyValue): string {
    if (isSecret(value)) return this.showSecrets ? this.short(reveal(value)) : "[secret]";
    if (value === UNKNOWN) return "[unknown]";
    if (value === null) return "<null>";
    if (Array.isArray(value) && value.length === 0) return "[]";
    if (typeof value === "object" && SIGNATURE in value) return String((value as PropertyMap).urn ?? "[asset]");
    if (typeof value === "object" && Object.keys(value).length === 0) return "{}";
    return JSON.stringify(value);
  }

  /** All properties of a map that are to be seen, each with the same sign; as wide as the CLI has them, which counts `all` that aren't, too. */
  entries(map: PropertyMap, level: number, sign = " ", all = map): string[] {
    const width = Math.max(0, ...Object.keys(all).map((key) => key.length));
    const shown = Object.keys(map)
      .filter((key) => !isInternal(key))
      .sort();
    return shown.flatMap((key) => this.property(lead(level, sign) + key.padEnd(width), map[key]!, level, sign));
  }

  private property(title: string, value: PropertyValue, level: number, sign: string): string[] {
    const open = this.showSecrets && isSecret(value) ? reveal(value) : value;
    if (!isContainer(open) || this.short(open).length === 2) return [`${title}: ${this.short(open)}`];
    if (!Array.isArray(open)) {
      return [`${title}: {`, ...this.entries(open, level + 1, sign), `${indent(level)}}`];
    }
    const items = open.flatMap((item, index) =>
      this.property(`${lead(level, sign)}    [${index}]`, item, level + 1, sign),
    );
    return [`${title}: [`, ...items, `${indent(level)}]`];
  }

  /** What differs between two maps, each difference with its sign; equal properties too when `all`. */
  difference(before: PropertyMap, after: PropertyMap, level: number, all = false): string[] {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const shown = all ? keys : keys.filter((key) => !same(before[key], after[key]));
    const width = Math.max(0, ...shown.map((key) => key.length));
    return shown.flatMap((key) => this.changed(key.padEnd(width), before[key], after[key], level));
  }

  private changed(
    title: string,
    before: PropertyValue | undefined,
    after: PropertyValue | undefined,
    level: number,
  ): string[] {
    if (before === undefined) return this.property(lead(level, "+") + title, after!, level, "+");
    if (after === undefined) return this.property(lead(level, "-") + title, before, level, "-");
    if (same(before, after)) return this.property(lead(level, " ") + title, after, level, " ");
    const head = lead(level, "~") + title;
    if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
      const [left, right] = Array.isArray(before) ? "[]" : "{}";
      const inner = Object.keys({ ...before, ...after }).flatMap((key) => {
        const [old, now] = [(before as PropertyMap)[key], (after as PropertyMap)[key]];
        const name = Array.isArray(before) ? `[${key}]` : key;
        return same(old, now) ? [] : this.changed(name, old, now, level + 1);
      });
      return [`${head}: ${left}`, ...inner, `${indent(level)}${right}`];
    }
    return [`${head}: ${this.summary(before)} => ${this.summary(after)}`];
  }

  private summary(value: PropertyValue): string {
    return isContainer(value) ? JSON.stringify(maskPlain(value)) : this.short(value);
  }
}

/** Whether two values are equal, whatever the order of their keys. */
export function same(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => same((a as PropertyMap)[key], (b as PropertyMap)[key]));
}

/** `value` as plain data, secrets as the text `[secret]` or, when they are to be shown, in plain text. */
export function maskPlain(value: PropertyValue, showSecrets = false): PropertyValue {
  if (isSecret(value)) return showSecrets ? maskPlain(reveal(value), true) : "[secret]";
  if (Array.isArray(value)) return value.map((item) => maskPlain(item, showSecrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskPlain(item, showSecrets)]));
}
