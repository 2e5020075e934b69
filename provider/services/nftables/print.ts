import { createHash } from "node:crypto";

/** A base chain's place; a chain without any is jumped to. */
export interface Hook {
  hook: string;
  priority: number;
}

/**
 * A chain as it compares: its place and a print of each rule, which the rule carries as its
 * comment: nft gives rules back in other words.
 */
export const printOf = (hook: Hook | undefined, rules: string[]): string => chainPrint(hook, rules.map(rulePrint));

/** Of comments that were found; a rule without one is somebody else's. */
export const chainPrint = (hook: Hook | undefined, comments: (string | undefined)[]): string =>
  [hook ? `${hook.hook}:${hook.priority}` : "-", ...comments.map((comment) => comment ?? "?")].join(" ");

export const rulePrint = (rule: string): string =>
  `hostnet:${createHash("sha256").update(rule).digest("hex").slice(0, 8)}`;
