import { recommented } from "../kernel/iptables/rule-comment.js";
import { factsOf } from "../kernel/iptables/rule-facts.js";
import type { Rule } from "../kernel/iptables/ruleset.js";
import { type Bearer, type Belongs, belongsTo, goesWith } from "./mark.js";

/**
 * Ownership of a rule is its comment: `<mark>[;target=8080][;bridge=b][;weight=3
 * …][;new-chain|;new-table]`. Behind the mark stands what no other part of a rule says: a service's
 * target port, the bridge that masquerades, what else a service or an endpoint is, and that the
 * table or the built-in chain was not there before us.
 */
export interface RuleNote {
  /** The owner's mark. */
  mark: string;
  /** On a service's dispatch rule. */
  targetPort?: number;
  /** On a bridge's masquerade rule: a replacement has the same mark. */
  bridge?: string;
  /** On the rules of services and endpoints: by its word, what is other than the default. */
  says?: Record<string, string>;
  origin?: "new-table" | "new-chain";
}

/** What our comment on a rule says; undefined when the rule isn't ours, nor of another stack. */
export function noteOf(rule: Rule): RuleNote | undefined {
  let note = known.get(rule);
  if (note === undefined && !known.has(rule)) {
    note = readNote(rule);
    known.set(rule, note);
  }
  return note;
}

// Rules are never changed, so each is read once
const known = new WeakMap<Rule, RuleNote | undefined>();

function readNote(rule: Rule): RuleNote | undefined {
  const { comment } = factsOf(rule);
  if (!comment?.startsWith("hostnet:")) return undefined;
  const [mark = "", ...notes] = comment.split(";");
  const origin = notes.find((note) => note === "new-table" || note === "new-chain");
  const pairs = notes.filter((note) => note.includes("=")).map((note) => note.split("=", 2) as [string, string]);
  const { target, bridge, ...says } = Object.fromEntries(pairs);
  return {
    mark,
    ...(target && { targetPort: Number(target) }),
    ...(bridge && { bridge }),
    ...(Object.keys(says).length > 0 && { says }),
    ...(origin && { origin: origin as RuleNote["origin"] }),
  };
}

export function commentOf({ mark, targetPort, bridge, says = {}, origin }: RuleNote): string {
  const target = targetPort === undefined ? [] : [`target=${targetPort}`];
  const rest = Object.entries(says).map(([word, value]) => `${word}=${value}`);
  return [mark, ...target, ...(bridge ? [`bridge=${bridge}`] : []), ...rest, ...(origin ? [origin] : [])].join(";");
}

/** Do two rules carry the same besides a mark? */
export function sameNote(a: Rule, b: Rule): boolean {
  const text = (rule: Rule) => {
    const { targetPort, says = {} } = noteOf(rule) ?? {};
    return JSON.stringify([targetPort, Object.entries(says).sort()]);
  };
  return a === b || text(a) === text(b);
}

/** Made by this product, whichever stack. */
export function isMarked(rule: Rule): boolean {
  return noteOf(rule) !== undefined;
}

export function ownerOf(rule: Rule, bearer: Bearer): Belongs {
  return belongsTo(factsOf(rule).comment, bearer);
}

/** Of our stack. */
export function isOurs(rule: Rule, bearer: Bearer): boolean {
  return ownerOf(rule, bearer) === "ours";
}

/** May a removal take it? */
export function isOwn(rule: Rule, bearer: Bearer & { deleted?: boolean }): boolean {
  return goesWith(factsOf(rule).comment, bearer);
}

/** The rule with another mark in its comment; one that isn't ours as it is. */
export const remarked = (rule: Rule, mark: string): Rule => (isMarked(rule) ? recommented(rule, mark) : rule);
