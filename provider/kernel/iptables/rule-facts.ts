import { canonicalValue } from "./rule-value.js";
import type { Rule } from "./ruleset.js";

/** A rule, understood. */
export interface RuleFacts {
  /** What stands behind -j or -g. */
  target?: string;
  /** What `-m comment --comment` says. */
  comment?: string;
  /**
   * Short option name → canonical value ("-d" → "10.1.2.3/32", "--dport" → "80"). A negated option
   * is "! -d".
   */
  options: ReadonlyMap<string, string>;
  /** Equal for two rules exactly when they do the same; the comment is no part of it. */
  meaning: string;
}

const known = new WeakMap<Rule, RuleFacts>();

/** Reads a rule once; rules are never changed, so what was read is kept as long as the rule. */
export function factsOf(rule: Rule): RuleFacts {
  let facts = known.get(rule);
  if (!facts) {
    facts = read(rule.spec);
    known.set(rule, facts);
  }
  return facts;
}

/** Do both do the same? Their texts and their comments may differ. */
export function sameRule(a: Rule, b: Rule): boolean {
  return a === b || factsOf(a).meaning === factsOf(b).meaning;
}

/** Meaning and comment in one string: what makes two rules interchangeable. */
export function identityOf(rule: Rule): string {
  const { meaning, comment } = factsOf(rule);
  return `${meaning}\n${comment ?? ""}`;
}

const SHORT: Record<string, string> = {
  "--source": "-s",
  "--src": "-s",
  "--destination": "-d",
  "--dst": "-d",
  "--protocol": "-p",
  "--proto": "-p",
  "--in-interface": "-i",
  "--out-interface": "-o",
  "--jump": "-j",
  "--goto": "-g",
  "--match": "-m",
  "--source-port": "--sport",
  "--destination-port": "--dport",
};
const PLAIN = new Set(["-s", "-d", "-p", "-i", "-o"]);

/** Options with one value, which may begin with "-". */
const ONE_VALUE = new Set([...PLAIN, "-m", "-j", "-g", "--comment"]);

interface Option {
  /** Short. */
  name: string;
  not: boolean;
  /** Its words, with a space between two. */
  value: string | undefined;
}

function optionsIn(spec: string[]): Option[] {
  const found: Option[] = [];
  let not = false;
  for (let at = 0; at < spec.length; ) {
    const word = spec[at++]!;
    if (word === "!") {
      not = true;
      continue;
    }
    const name = SHORT[word] ?? word;
    const end = endOfValue(spec, at, name);
    found.push({ name, not, value: at < end ? spec.slice(at, end).join(" ") : undefined });
    at = end;
    not = false;
  }
  return found;
}

function endOfValue(spec: string[], from: number, name: string): number {
  if (ONE_VALUE.has(name)) return Math.min(from + 1, spec.length);
  let end = from;
  while (end < spec.length && !spec[end]!.startsWith("-") && spec[end] !== "!") end++;
  return end;
}

/** A match or a target, with its options. */
interface Group {
  name: string;
  options: string[];
}

/** What has been read of a rule. */
interface Reading {
  target?: string;
  comment?: string;
  /** By option, as in RuleFacts. */
  options: Map<string, string>;
  plain: Group;
  /** Options before any `-m`: those of the protocol's own match. */
  implied: Group;
  groups: Group[];
}

function read(spec: string[]): RuleFacts {
  const reading: Reading = {
    options: new Map(),
    plain: { name: "", options: [] },
    implied: { name: "", options: [] },
    groups: [],
  };
  for (const option of optionsIn(spec)) readOption(reading, option);
  const { target, comment, options } = reading;
  const meaning = meaningOf(reading);
  return { ...(target !== undefined && { target }), ...(comment !== undefined && { comment }), options, meaning };
}

function readOption(reading: Reading, { name, not, value }: Option): void {
  if (name === "--comment") reading.comment = value;
  else if (name === "-m") reading.groups.push({ name: value ?? "", options: [] });
  else if (name === "-j" || name === "-g") {
    reading.target = value;
    reading.groups.push({ name: `${name} ${value}`, options: [] });
  } else {
    const canonical = canonicalValue(name, value ?? "");
    // "Any" says nothing, but for "not any".
    if (canonical !== undefined || not) setOption(reading, name, not, canonical ?? "");
  }
}

function setOption({ options, plain, implied, groups }: Reading, name: string, not: boolean, value: string): void {
  const named = not ? `! ${name}` : name;
  options.set(named, value);
  const group = PLAIN.has(name) ? plain : (groups.at(-1) ?? implied);
  group.options.push(`${named} ${value}`);
}

/**
 * One text for all rules that say the same, as `-p tcp --dport 80` and `-p tcp -m tcp --dport 80`
 * do. `-m tcp` without options says nothing.
 */
function meaningOf({ plain, implied, groups, options }: Reading): string {
  const protocol = options.get("-p");
  if (implied.options.length > 0) groups.push({ name: protocol ?? "", options: implied.options });
  const merged = new Map<string, string[]>();
  const parts: string[] = [];
  for (const group of groups) {
    if (group.name === "comment") continue;
    if (group.name === protocol) merged.set(group.name, [...(merged.get(group.name) ?? []), ...group.options]);
    else parts.push(text(group));
  }
  for (const [name, said] of merged) if (said.length > 0) parts.push(text({ name, options: said }));
  return `${text(plain)}|${parts.sort().join("|")}`;
}

const text = (group: Group) => [group.name, ...group.options.sort()].join(" ");
