import type { z } from "zod";
import { shown } from "../kernel/shown.js";

/** What zod calls a type → what to write. */
const WANTED: Record<string, string> = {
  string: 'text, as in "a"',
  number: "a number, without quotes",
  int: "a whole number, without quotes",
  boolean: "true or false, without quotes",
  array: "a list, as in [ … ]",
  object: "an object, as in { … }",
  record: "an object, as in { … }",
};

/**
 * The reason and the cure where a schema has none of its own: a value is missing or of another
 * type. Of `host` only the type is said, since a password may be in it.
 */
export const wrongValue: z.core.$ZodErrorMap = (issue) => {
  const { input, path } = issue;
  if (issue.code === "invalid_value" && input === undefined)
    return `is missing: write ${issue.values.map(shown).join(" or ")}`;
  if (issue.code !== "invalid_type") return undefined;
  const wanted = WANTED[issue.expected] ?? issue.expected;
  if (input === undefined) return `is missing: write ${wanted}`;
  const found = path?.[0] === "host" ? typeOf(input) : Number.isNaN(input) ? "NaN" : shown(input);
  return `${found} is of the wrong type: write ${wanted}`;
};

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}
