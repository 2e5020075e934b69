import type { Context } from "../definition.js";
import { type Belongs, belongsTo, type Owner } from "./ownership.js";
import { factsOf } from "./rule-facts.js";
import type { Rule } from "./ruleset.js";

/**
 * Ownership of a rule is its comment: `<mark>[;target=8080][;bridge=b][;new-chain|;new-table]`. Behind the mark stands what the kernel keeps for
 * us and could not say otherwise: a service's target port, the bridge that masquerades, and that the table or the built-in chain was not there before us.
 */
export interface RuleNote {
  /** The owner's mark. */
  mark: string;
  /** On a service's dispatch rule. */
  targetPort?: number;
  /** On a bridge's masquerade rule: a replacement has the same mark. */
  bridge?: string;
  origin?: "new-table" | "new-chain";
}

/** What our comment on a rule says; undefined when the rule isn't ours, nor of another stack. */
export function noteOf(rule: Rule): RuleNote | undefined {
  if (!known.has(rule)) known.set(rule, readNote(rule));
  return known.get(rule);
}

// Rules are never changed, so each is read once
const known = new WeakMap<Rule, RuleNote | undefined>();

function readNote(rule: Rule): RuleNote | undefined {
  const { comment } = factsOf(rule);
  if (!comment?.startsWith("hostnet:")) return undefined;
  const [mark = "", ...notes] = comment.split(";");
  const target = notes.find((note) => note.startsWith("target="));
  const bridge = notes.find((note) => note.startsWith("bridge="))?.slice("bridge=".length);
  const origin = notes.find((note) => note === "new-table" || note === "new-chain");
  return {
    mark,
    ...(target && { targetPort: Number(target.slice("target=".length)) }),
    ...(bridge && { bridge }),
    ...(origin && { origin: origin as RuleNote["origin"] }),
  };
}

export function commentOf({ mark, targetPort, bridge, origin }: RuleNote): string {
  const target = targetPort === undefined ? [] : [`target=${targetPort}`];
  return [mark, ...target, ...(bridge ? [`bridge=${bridge}`] : []), ...(origin ? [origin] : [])].join(";");
}

/** Made by this product, whichever stack. */
export function isMarked(rule: Rule): boolean {
  return noteOf(rule) !== undefined;
}

export function ownerOf(rule: Rule, owner: Owner): Belongs {
  return belongsTo(factsOf(rule).comment, owner);
}

/** Of our stack. */
export function isOurs(rule: Rule, { owner }: Context): boolean {
  return ownerOf(rule, owner) === "ours";
}

/** The match that carries a comment; it stands last before the target. */
export function commentMatch(comment: string): string[] {
  return ["-m", "comment", "--comment", comment];
}

/** The rule without its comment, for messages. */
export function shownRule({ spec }: Rule): string {
  const at = spec.indexOf("--comment");
  return (at < 2 ? spec : spec.toSpliced(at - 2, 4)).join(" ");
}
