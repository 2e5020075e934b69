import { z } from "zod";
import { shown } from "./shown.js";

/**
 * An argument of the contract that this version doesn't do: refused with that reason, except for the values that change nothing.
 * What is allowed may be written, so that a program can already say it.
 */
export function notYet(what: string, ...harmless: unknown[]) {
  return z
    .unknown()
    .optional()
    .superRefine((value, issue) => {
      if (value !== undefined && !harmless.includes(value))
        issue.addIssue(`${shown(value)}: ${what} is not in this version yet: ${cure(harmless)}`);
    });
}

function cure(harmless: unknown[]): string {
  const values = harmless.map((value) => JSON.stringify(value)).join(" or ");
  return values ? `leave it out, or write ${values}` : "leave it out";
}
