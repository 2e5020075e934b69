import { isMap, isSecret, makeSecret, reveal } from "./properties.js";
import type { PropertyMap, PropertyValue } from "./types.js";

/** The steps of a path such as `a.b[0]["c d"]`; `*` stands for every key or index. */
export type PropertyPath = (string | number)[];

/** Reads a path; undefined when it is malformed. */
export function parsePath(text: string): PropertyPath | undefined {
  const path: PropertyPath = [];
  for (let rest = text; rest !== ""; ) {
    const found = stepIn(rest, path.length === 0);
    if (!found) return undefined;
    path.push(found.key);
    rest = rest.slice(found.length);
  }
  return path;
}

/** The step that a text begins with, and how long it is. */
function stepIn(text: string, isFirst: boolean): { key: string | number; length: number } | undefined {
  const [quoted, inQuotes] = /^\["((?:[^"\\]|\\.)*)"\]/.exec(text) ?? [];
  if (quoted !== undefined) return { key: inQuotes!.replaceAll('\\"', '"'), length: quoted.length };
  const [indexed, index] = /^\[(\*|\d+)\]/.exec(text) ?? [];
  if (indexed !== undefined) return { key: index === "*" ? "*" : Number(index), length: indexed.length };
  const [named, name] = (isFirst ? /^\.?([^.[]+)/ : /^\.([^.[]+)/).exec(text) ?? [];
  return named === undefined ? undefined : { key: name!, length: named.length };
}

/** A path as text. */
export function pathText(path: PropertyPath): string {
  return path
    .map((key, i) => {
      if (typeof key === "number") return `[${key}]`;
      if (/[^A-Za-z0-9_]/.test(key)) return `["${key.replaceAll('"', '\\"')}"]`;
      return i === 0 ? key : `.${key}`;
    })
    .join("");
}

/** Whether `other` is the path itself or lies below it. */
export function contains(path: PropertyPath, other: PropertyPath): boolean {
  return path.length <= other.length && path.every((key, i) => key === "*" || key === other[i]);
}

type Maybe = PropertyValue | undefined;
/** What `reset` made of a value, or that the path can't be reset. */
type Reset = { value: Maybe } | undefined;

/**
 * `now` with the value at `path` as it was in `old`, for `ignoreChanges`. Undefined when the path
 * leads through an element that only one of the two has.
 */
export function resetPath(path: PropertyPath, old: PropertyMap, now: PropertyMap): PropertyMap | undefined {
  if (path.length === 0) return undefined;
  const result = reset(path, old, now, false);
  return result?.value === undefined ? undefined : (result.value as PropertyMap);
}

function reset(path: PropertyPath, old: Maybe, now: Maybe, oldSecret: boolean): Reset {
  if (path.length === 0) return { value: old !== undefined && oldSecret ? makeSecret(old) : old };
  if (isSecret(now)) {
    // The whole of it is secret already, so what comes from `old` needs no mark of its own.
    const inner = reset(path, old === undefined ? undefined : reveal(old), reveal(now), false);
    return inner && { value: inner.value === undefined ? undefined : makeSecret(inner.value) };
  }
  const secret = oldSecret || isSecret(old);
  const before = old === undefined ? undefined : reveal(old);
  const [key, ...rest] = path as [string | number, ...PropertyPath];
  if (key === "*") return resetAll(rest, before, now, secret);
  return typeof key === "number"
    ? resetIndex(key, rest, before, now, secret)
    : resetKey(key, rest, before, now, secret);
}

function resetKey(key: string, rest: PropertyPath, old: Maybe, now: Maybe, secret: boolean): Reset {
  const before = isMap(old) ? old[key] : undefined;
  const isEnd = rest.length === 0;
  if (!isMap(now)) {
    const nothing = isEnd ? before === undefined : !isMap(old);
    return nothing ? { value: now } : undefined;
  }
  if (!isEnd && !isMap(old)) return undefined;
  if (!isEnd && now[key] === undefined) return before === undefined ? { value: now } : undefined;
  const result = reset(rest, before, now[key], secret);
  if (!result) return undefined;
  const { [key]: _, ...others } = now;
  return { value: result.value === undefined ? others : { ...now, [key]: result.value } };
}

function resetIndex(index: number, rest: PropertyPath, old: Maybe, now: Maybe, secret: boolean): Reset {
  if (!Array.isArray(old) || !Array.isArray(now)) {
    return !Array.isArray(old) && !Array.isArray(now) ? { value: now } : undefined;
  }
  if (index >= old.length || index >= now.length) {
    return rest.length === 0 && index >= old.length && index >= now.length ? { value: now } : undefined;
  }
  const result = reset(rest, old[index], now[index], secret);
  return result && { value: now.map((item, i) => (i === index ? result.value! : item)) };
}

function resetAll(rest: PropertyPath, old: Maybe, now: Maybe, secret: boolean): Reset {
  const isEnd = rest.length === 0;
  if (Array.isArray(now)) {
    if (Array.isArray(old)) return resetItems(rest, old, now, secret);
    return isEnd ? { value: now } : undefined;
  }
  if (!isMap(now)) return undefined;
  if (isMap(old)) return resetValues(rest, old, now, secret);
  return isEnd ? { value: now } : undefined;
}

function resetItems(rest: PropertyPath, old: PropertyValue[], now: PropertyValue[], secret: boolean): Reset {
  if (old.length !== now.length) return undefined;
  const items = now.map((item, i) => reset(rest, old[i], item, secret));
  return items.includes(undefined) ? undefined : { value: items.map((item) => item!.value!) };
}

function resetValues(rest: PropertyPath, old: PropertyMap, now: PropertyMap, secret: boolean): Reset {
  const result: PropertyMap = rest.length === 0 ? {} : { ...now };
  for (const [key, before] of Object.entries(old)) {
    if (rest.length > 0 && now[key] === undefined) return undefined;
    const item = reset(rest, before, now[key], secret);
    if (!item) return undefined;
    if (item.value !== undefined) result[key] = item.value;
  }
  return { value: result };
}
