import { isSecret, reveal, SIGNATURE, UNKNOWN } from "../model/properties.js";
import type { PropertyMap, PropertyValue } from "../model/types.js";
import { decoded, type Encoded } from "./encoded.js";
import { onOneLine } from "./printable.js";

const isInternal = (key: string) => key.startsWith("__");

/** Properties of the implementation (`__provider`) are nothing for people's eyes. */
export const visible = (map: PropertyMap | undefined): PropertyMap =>
  Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !isInternal(key)));

const isContainer = (value: PropertyValue): value is PropertyValue[] | PropertyMap =>
  typeof value === "object" && value !== null && !isSecret(value) && !(SIGNATURE in value);

/** Of outputs the CLI shows no empty ones, unless they have changed. */
const isEmpty = (value: PropertyValue): boolean =>
  value === null || value === "" || (isContainer(value) && Object.keys(value).length === 0);

const widest = (keys: string[]) => Math.max(0, ...keys.map((key) => onOneLine(key).length));

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
    if (typeof value === "object" && SIGNATURE in value)
      return onOneLine(String((value as PropertyMap).urn ?? "[asset]"));
    if (typeof value === "object" && Object.keys(value).length === 0) return "{}";
    return JSON.stringify(value);
  }

  /**
   * All visible properties of a map, each with the same sign. The width is the CLI's, which counts
   * hidden ones (`all`) too.
   */
  entries(map: PropertyMap, level: number, sign = " ", all = map): string[] {
    const width = widest(Object.keys(all));
    const shown = Object.keys(map)
      .filter((key) => !isInternal(key))
      .sort();
    return shown.flatMap((key) =>
      this.property(lead(level, sign) + onOneLine(key).padEnd(width), map[key]!, level, sign),
    );
  }

  /** The outputs of what has none yet. */
  outputs(map: PropertyMap, level: number, all = map): string[] {
    return this.entries(withoutEmpty(map), level, " ", all);
  }

  private property(title: string, value: PropertyValue, level: number, sign: string): string[] {
    const open = this.showSecrets && isSecret(value) ? reveal(value) : value;
    const encoded = typeof open === "string" ? decoded(open) : undefined;
    if (encoded) return this.structure(`${title}: (${encoded.kind})`, encoded.value, level, sign);
    return isContainer(open) ? this.structure(`${title}:`, open, level, sign) : [`${title}: ${this.short(open)}`];
  }

  private structure(head: string, value: PropertyValue[] | PropertyMap, level: number, sign: string): string[] {
    if (Object.keys(value).length === 0) return [`${head} ${this.short(value)}`];
    if (!Array.isArray(value)) {
      return [`${head} {`, ...this.entries(value, level + 1, sign), `${indent(level)}}`];
    }
    const items = value.flatMap((item, index) =>
      this.property(`${lead(level, sign)}    [${index}]`, item, level + 1, sign),
    );
    return [`${head} [`, ...items, `${indent(level)}]`];
  }

  /** What differs between two maps, each difference with its sign. */
  difference(before: PropertyMap, after: PropertyMap, level: number): string[] {
    return this.differences(before, after, level, false);
  }

  /** The outputs of the stack, with a sign where one has changed. In a preview only those. */
  stackOutputs(before: PropertyMap | undefined, after: PropertyMap, level: number, dryRun: boolean): string[] {
    if (!before) return this.outputs(after, level);
    const now = dryRun ? withoutUnknown(after, before) : after;
    const shown = (map: PropertyMap) =>
      Object.fromEntries(Object.entries(visible(map)).filter(([key]) => !dryRun || !same(before[key], now[key])));
    return this.differences(shown(before), shown(now), level, true);
  }

  /** With what is equal, unless it is empty, when `whole`. */
  private differences(before: PropertyMap, after: PropertyMap, level: number, whole: boolean): string[] {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const shown = keys.filter((key) => !same(before[key], after[key]) || (whole && !isEmpty(after[key]!)));
    const width = widest(shown);
    return shown.flatMap((key) => this.changed(onOneLine(key).padEnd(width), before[key], after[key], level, whole));
  }

  private changed(
    title: string,
    before: PropertyValue | undefined,
    after: PropertyValue | undefined,
    level: number,
    whole: boolean,
  ): string[] {
    if (before === undefined) return this.property(lead(level, "+") + title, after!, level, "+");
    if (after === undefined) return this.property(lead(level, "-") + title, before, level, "-");
    if (same(before, after)) return this.property(lead(level, " ") + title, after, level, " ");
    const head = lead(level, "~") + title;
    if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after))
      return this.within(`${head}:`, before, after, level, whole);
    const [old, now] = [before, after].map((value) => (typeof value === "string" ? decoded(value) : undefined));
    // One that is written in another way, but says the same, has nothing within that differs.
    if (old && now && Array.isArray(old.value) === Array.isArray(now.value) && !same(old.value, now.value))
      return this.within(`${head}: (${kinds(old, now)})`, old.value, now.value, level, true);
    return [`${head}: ${this.summary(before)} => ${this.summary(after)}`];
  }

  private within(
    head: string,
    before: PropertyValue[] | PropertyMap,
    after: PropertyValue[] | PropertyMap,
    level: number,
    whole: boolean,
  ): string[] {
    if (!Array.isArray(before)) {
      const inner = this.differences(before, after as PropertyMap, level + 1, whole);
      return [`${head} {`, ...inner, `${indent(level)}}`];
    }
    const items = Object.keys([...before, ...(after as PropertyValue[]).slice(before.length)]).flatMap((key) => {
      const [old, now] = [before[Number(key)], (after as PropertyValue[])[Number(key)]];
      return !whole && same(old, now) ? [] : this.changed(`[${key}]`, old, now, level + 1, whole);
    });
    return [`${head} [`, ...items, `${indent(level)}]`];
  }

  private summary(value: PropertyValue): string {
    return isContainer(value) ? JSON.stringify(maskPlain(value)) : this.short(value);
  }
}

/** That a value can't be foreseen doesn't say that it will change. */
function withoutUnknown(outputs: PropertyMap, before: PropertyMap): PropertyMap {
  const known = (key: string, value: PropertyValue) => (value === UNKNOWN ? (before[key] ?? value) : value);
  return Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, known(key, value)]));
}

const withoutEmpty = (map: PropertyMap): PropertyMap =>
  Object.fromEntries(Object.entries(map).filter(([, value]) => !isEmpty(value)));

const kinds = (old: Encoded, now: Encoded) => (old.kind === now.kind ? old.kind : `${old.kind} => ${now.kind}`);

/** Whether two values are equal, whatever the order of their keys. */
export function same(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => same((a as PropertyMap)[key], (b as PropertyMap)[key]));
}

/** `value` as plain data; secrets as the text `[secret]`, or with `showSecrets` in plain text. */
export function maskPlain(value: PropertyValue, showSecrets = false): PropertyValue {
  if (isSecret(value)) return showSecrets ? maskPlain(reveal(value), true) : "[secret]";
  if (Array.isArray(value)) return value.map((item) => maskPlain(item, showSecrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskPlain(item, showSecrets)]));
}
