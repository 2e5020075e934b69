import type { Context } from "../ownership/context.js";
import { belongsTo, goesWith, isOf } from "../ownership/mark.js";
import { mustBeOurs } from "../ownership/refuse.js";
import type { Whose } from "./backend.js";

/**
 * Throws a Refusal when a thing is not ours to change. A chain has no comment: it is whose the
 * rules are that make it what it is. A flush takes the rules and leaves the chain: then the state
 * file speaks for us, but not for a chain that somebody has filled since.
 */
export function mustBeOurThing(whose: Whose | undefined, context: Context): void {
  if (!whose) return;
  const { what, marks, content, yields } = whose;
  const foreign = marks.find((mark) => belongsTo(mark, context) === "other");
  if (foreign !== undefined) mustBeOurs(what, foreign, context);
  const ours = marks.filter((mark) => belongsTo(mark, context) === "ours");
  const hasOurs = yields && content.some((mark) => belongsTo(mark, context) === "ours");
  if (ours.length === 0 && (hasOurs || isKept(whose, context))) return;
  const unmarked = content.find((mark) => belongsTo(mark, context) === "other");
  if (yields && unmarked !== undefined) mustBeOurs(what, unmarked, context);
  mustBeOurs(what, ours.find((mark) => isOf(mark, context)) ?? ours[0], context);
}

/**
 * May what has lost its marks be the one in the state file? Not when it holds something and none of
 * that is ours.
 */
const isKept = ({ content }: Whose, context: Context): boolean =>
  context.previous !== undefined &&
  (content.length === 0 || content.some((mark) => belongsTo(mark, context) === "ours"));

/** The marks that are there; what nobody marked has none. */
export const marksOf = (whose: Whose | undefined): string[] =>
  (whose?.marks ?? []).filter((mark) => mark !== undefined);

/** May a removal take it? */
export function mayTake(whose: Whose | undefined, context: Context): boolean {
  if (!whose) return false;
  const marks = whose.marks.filter((mark) => belongsTo(mark, context) !== "nobody");
  return marks.length > 0 ? marks.every((mark) => goesWith(mark, context)) : isKept(whose, context);
}
