import { parseAllDocuments } from "yaml";
import type { PropertyMap, PropertyValue } from "../model/types.js";

/** A structure that stands in a text, and how it is written there. */
export interface Encoded {
  kind: "json" | "yaml";
  value: PropertyValue[] | PropertyMap;
}

/**
 * Reads a text that holds a structure, as the CLI shows such texts; undefined for all others. Only
 * a text of several lines can be YAML, since `a: b` is a sentence too.
 */
export function decoded(text: string): Encoded | undefined {
  const trimmed = text.trim();
  const json = structure(() => JSON.parse(trimmed));
  if (json) return { kind: "json", value: json };
  if (!/[\r\n]/.test(trimmed)) return undefined;
  const yaml = structure(() => {
    const documents = parseAllDocuments(trimmed);
    return documents.length === 1 && documents[0]!.errors.length === 0 ? documents[0]!.toJS() : undefined;
  });
  return yaml && { kind: "yaml", value: yaml };
}

function structure(read: () => unknown): PropertyValue[] | PropertyMap | undefined {
  try {
    const value = read();
    return typeof value === "object" && value !== null ? (value as PropertyMap) : undefined;
  } catch {
    return undefined;
  }
}
