import { printRule } from "./iptables-save.js";
import { identityOf } from "./rule-facts.js";
import type { Rule } from "./ruleset.js";

/**
 * The fewest -D, -I and -A lines that lead a chain from one list of rules to the other. Rules that
 * both have are not touched. Deletions come first, in the kernel's own words. Insertions follow
 * from the top, so each position is final.
 */
export function editLines(chain: string, before: Rule[], after: Rule[]): string[] {
  if (before === after) return [];
  const old = numbered(before);
  const wanted = numbered(after);
  const kept = keptKeys(old, wanted);
  const lines = before.filter((_, at) => !kept.has(old[at]!)).map((rule) => `-D ${chain} ${printRule(rule)}`);
  const lastKept = wanted.findLastIndex((key) => kept.has(key));
  for (const [at, rule] of after.entries()) {
    if (kept.has(wanted[at]!)) continue;
    const verb = at > lastKept ? `-A ${chain}` : at === 0 ? `-I ${chain}` : `-I ${chain} ${at + 1}`;
    lines.push(`${verb} ${printRule(rule)}`.trimEnd());
  }
  return lines.map((line) => line.trimEnd());
}

// the n-th of several rules that are alike is a rule of its own
function numbered(rules: Rule[]): string[] {
  const seen = new Map<string, number>();
  return rules.map((rule) => {
    const identity = identityOf(rule);
    const nth = seen.get(identity) ?? 0;
    seen.set(identity, nth + 1);
    return `${nth}\n${identity}`;
  });
}

/**
 * A longest common subsequence, without rules that have an equal one among those that go: -D takes
 * the first of equal rules, whichever is meant.
 */
function keptKeys(before: string[], after: string[]): Set<string> {
  const positionBefore = new Map(before.map((key, at) => [key, at]));
  const common = after.filter((key) => positionBefore.has(key));
  const kept = new Set(longestIncreasing(common.map((key) => positionBefore.get(key)!)).map((at) => before[at]!));
  const identity = (key: string) => key.slice(key.indexOf("\n") + 1);
  const going = new Set(before.filter((key) => !kept.has(key)).map(identity));
  for (const key of kept) if (going.has(identity(key))) kept.delete(key);
  return kept;
}

/** The longest increasing subsequence of distinct numbers, in n log n. */
function longestIncreasing(numbers: number[]): number[] {
  const ends: number[] = [];
  const previous = new Map<number, number | undefined>();
  for (const number of numbers) {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < number) low = middle + 1;
      else high = middle;
    }
    previous.set(number, ends[low - 1]);
    ends[low] = number;
  }
  const found: number[] = [];
  for (let at = ends.at(-1); at !== undefined; at = previous.get(at)) found.push(at);
  return found.reverse();
}
