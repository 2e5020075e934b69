import { canonicalValue } from "./rule-value.js";
import type { Rule } from "./ruleset.js";

/** A rule, understood. */
export interface RuleFacts {
  /** What stands behind -j or -g. */
  target?: string;
  /** What `-m comment --comment` says. */
  comment?: string;
  /** Short option name → canonical value ("-d" → "10.1.2.3/32", "--dport" → "80"); a negated option is "! -d". */
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

interface Group {
  name: string;
  options: string[];
}

function read(spec: string[]): RuleFacts {
  const plain: Group = { name: "", options: [] };
  const implied: Group = { name: "", options: [] };
  const groups: Group[] = [];
  const options = new Map<string, string>();
  let current = implied;
  let target: string | undefined;
  let comment: string | undefined;
  let not = "";
  for (let i = 0; i < spec.length; i++) {
    const option = SHORT[spec[i]!] ?? spec[i]!;
    if (option === "!") {
      not = "! ";
      continue;
    }
    if (option === "-m") {
      current = { name: spec[++i] ?? "", options: [] };
      groups.push(current);
    } else if (option === "-j" || option === "-g") {
      target = spec[++i];
      current = { name: `${option} ${target}`, options: [] };
      groups.push(current);
    } else if (option === "--comment") {
      comment = spec[++i];
    } else {
      const from = i + 1;
      if (PLAIN.has(option)) i++;
      else while (i + 1 < spec.length && !/^(-.*|!)$/.test(spec[i + 1]!)) i++;
      const value = canonicalValue(option, spec.slice(from, i + 1).join(" "));
      if (value !== undefined || not) {
        const named = not + option;
        options.set(named, value ?? "");
        (PLAIN.has(option) ? plain : current).options.push(`${named} ${value ?? ""}`);
      }
    }
    not = "";
  }
  const meaning = meaningOf(plain, implied, groups, options.get("-p"));
  return { ...(target !== undefined && { target }), ...(comment !== undefined && { comment }), options, meaning };
}

// `-p tcp --dport 80`, `-p tcp -m tcp --dport 80` and `-m tcp` without options all say the same as what is left here
function meaningOf(plain: Group, implied: Group, groups: Group[], protocol: string | undefined): string {
  if (implied.options.length > 0) groups.push({ name: protocol ?? "", options: implied.options });
  const merged = new Map<string, string[]>();
  const parts: string[] = [];
  for (const group of groups) {
    if (group.name === "comment") continue;
    if (group.name === protocol) merged.set(group.name, [...(merged.get(group.name) ?? []), ...group.options]);
    else parts.push(text(group));
  }
  for (const [name, options] of merged) if (options.length > 0) parts.push(text({ name, options }));
  return `${text(plain)}|${parts.sort().join("|")}`;
}

const text = (group: Group) => [group.name, ...group.options.sort()].join(" ");
