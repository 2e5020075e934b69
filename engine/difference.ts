import { isMap, reveal } from "./properties.js";
import { pathText } from "./property-path.js";
import type { PropertyMap, PropertyValue } from "./types.js";

/** How one property differs, as the CLI's detailed diff says it. */
export interface PropertyDifference {
  diffKind: "add" | "delete" | "update" | "add-replace" | "delete-replace" | "update-replace";
  inputDiff: boolean;
}

/** What differs between two maps: the top-level keys, sorted, and each path. */
export interface Difference {
  keys: string[];
  detailed: Record<string, PropertyDifference>;
}

/**
 * Whether two values are the same. An undefined key equals a missing one. A secret differs from the
 * same value in plain text.
 */
export function deepEquals(a: PropertyValue, b: PropertyValue): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => deepEquals(item, b[i]!));
  }
  // A secret's plaintext is JSON text that another engine may have written with other escapes.
  if (typeof a.plaintext === "string" && typeof b.plaintext === "string" && !isMap(a) && !isMap(b)) {
    return deepEquals(reveal(a), reveal(b));
  }
  for (const [key, value] of Object.entries(a)) if (!deepEquals(value, b[key] ?? null)) return false;
  for (const [key, value] of Object.entries(b)) if (!(key in a) && value !== null) return false;
  return true;
}

/** The difference between two maps, secrets opened; undefined when there is none. */
export function difference(old: PropertyMap, now: PropertyMap, inputDiff: boolean): Difference | undefined {
  const detailed: Record<string, PropertyDifference> = {};
  const add = (path: (string | number)[], diffKind: PropertyDifference["diffKind"]) => {
    detailed[pathText(path)] = { diffKind, inputDiff };
  };

  const maps = (a: PropertyMap, b: PropertyMap, path: (string | number)[]): string[] => {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return keys.filter((key) => values(a[key] ?? null, b[key] ?? null, [...path, key]));
  };
  const values = (a: PropertyValue, b: PropertyValue, path: (string | number)[]): boolean => {
    const [from, to] = [reveal(a), reveal(b)];
    if (Array.isArray(from) && Array.isArray(to)) {
      let changed = false;
      for (let i = 0; i < Math.max(from.length, to.length); i++) {
        if (i >= from.length) add([...path, i], "add");
        else if (i >= to.length) add([...path, i], "delete");
        else if (!values(from[i]!, to[i]!, [...path, i])) continue;
        changed = true;
      }
      return changed;
    }
    if (isMap(from) && isMap(to)) return maps(from, to, path).length > 0;
    if (deepEquals(from, to)) return false;
    add(path, from === null ? "add" : to === null ? "delete" : "update");
    return true;
  };

  const keys = maps(old, now, []);
  return keys.length > 0 ? { keys, detailed } : undefined;
}

/** The same difference seen from the other side. */
export function invert(detailed: Record<string, PropertyDifference>): Record<string, PropertyDifference> {
  const swap = {
    add: "delete",
    delete: "add",
    "add-replace": "delete-replace",
    "delete-replace": "add-replace",
  } as const;
  return Object.fromEntries(
    Object.entries(detailed).map(([path, { diffKind, inputDiff }]) => [
      path,
      { diffKind: diffKind in swap ? swap[diffKind as keyof typeof swap] : diffKind, inputDiff },
    ]),
  );
}
