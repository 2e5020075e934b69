import { isMap, reveal } from "./properties.js";
import { type PropertyPath, pathText } from "./property-path.js";
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
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && sameLists(a, b);
  // A secret's plaintext is JSON text that another engine may have written with other escapes.
  if (typeof a.plaintext === "string" && typeof b.plaintext === "string" && !isMap(a) && !isMap(b))
    return deepEquals(reveal(a), reveal(b));
  return sameMaps(a as PropertyMap, b as PropertyMap);
}

const sameLists = (a: PropertyValue[], b: PropertyValue[]) =>
  a.length === b.length && a.every((item, i) => deepEquals(item, b[i]!));

const sameMaps = (a: PropertyMap, b: PropertyMap) =>
  Object.entries(a).every(([key, value]) => deepEquals(value, b[key] ?? null)) &&
  Object.entries(b).every(([key, value]) => key in a || value === null);

/** The difference between two maps, secrets opened; undefined when there is none. */
export function difference(old: PropertyMap, now: PropertyMap, inputDiff: boolean): Difference | undefined {
  const differing = new Differing(inputDiff);
  const keys = differing.maps(old, now, []);
  return keys.length > 0 ? { keys, detailed: differing.detailed } : undefined;
}

/** Collects the paths at which values differ. */
class Differing {
  readonly detailed: Record<string, PropertyDifference> = {};

  constructor(private readonly inputDiff: boolean) {}

  /** Returns the keys that differ. */
  maps(a: PropertyMap, b: PropertyMap, path: PropertyPath): string[] {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return keys.filter((key) => this.values(a[key] ?? null, b[key] ?? null, [...path, key]));
  }

  private values(a: PropertyValue, b: PropertyValue, path: PropertyPath): boolean {
    const [from, to] = [reveal(a), reveal(b)];
    if (Array.isArray(from) && Array.isArray(to)) return this.lists(from, to, path);
    if (isMap(from) && isMap(to)) return this.maps(from, to, path).length > 0;
    if (deepEquals(from, to)) return false;
    return this.add(path, from === null ? "add" : to === null ? "delete" : "update");
  }

  private lists(from: PropertyValue[], to: PropertyValue[], path: PropertyPath): boolean {
    const at = (i: number) => {
      if (i >= from.length) return this.add([...path, i], "add");
      if (i >= to.length) return this.add([...path, i], "delete");
      return this.values(from[i]!, to[i]!, [...path, i]);
    };
    const indexes = Array.from({ length: Math.max(from.length, to.length) }, (_, i) => i);
    return indexes.filter(at).length > 0;
  }

  private add(path: PropertyPath, diffKind: PropertyDifference["diffKind"]): true {
    this.detailed[pathText(path)] = { diffKind, inputDiff: this.inputDiff };
    return true;
  }
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
