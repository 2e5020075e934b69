import type { Rule } from "./ruleset.js";

/** The match that carries a comment; it stands last before the target. */
export function commentMatch(comment: string): string[] {
  return ["-m", "comment", "--comment", comment];
}

/** The rule with another text in its comment, up to the first ";". */
export function recommented(rule: Rule, text: string): Rule {
  const at = rule.spec.indexOf("--comment") + 1;
  return at > 0
    ? {
        spec: rule.spec.with(
          at,
          rule.spec[at]!.replace(/^[^;]*/, () => text),
        ),
      }
    : rule;
}

/** The rule without its comment, for messages. */
export function shownRule({ spec }: Rule): string {
  const at = spec.indexOf("--comment");
  return (at < 2 ? spec : spec.toSpliced(at - 2, 4)).join(" ");
}
