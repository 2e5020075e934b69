import { Refusal } from "../kernel/errors.js";
import type { Context } from "./context.js";
import { belongsTo, isOf, ownerName } from "./mark.js";

/**
 * Throws a Refusal when an object on the host is not ours to change. `what` names it ("interface
 * bridge_home"), `mark` is what is written on it. An unmarked one may be taken over with `adopt`,
 * another stack's never. `argument` names it.
 */
export function mustBeOurs(what: string, mark: string | undefined, context: Context, argument = "name"): void {
  const belongs = belongsTo(mark, context);
  if (belongs === "other")
    throw new Refusal(
      argument,
      `${what} belongs to ${ownerName(mark ?? "")}, another stack: give this resource another name, or remove it there first`,
    );
  if (belongs === "nobody" && !context.adopt)
    throw new Refusal(
      argument,
      `${what} exists already and was not made by this stack: give this resource another name, remove what is there, or take it over with adopt: true`,
    );
  // Without a previous state this is a create. A leftover of a killed run carries this very
  // resource's mark.
  if (belongs === "ours" && !context.previous && !isOf(mark, context))
    throw new Refusal(
      argument,
      `${what} belongs to ${ownerName(mark ?? "")}, another resource of this stack: was it renamed? Then say so with aliases: [{ name: … }]; else give this one another name`,
    );
}
