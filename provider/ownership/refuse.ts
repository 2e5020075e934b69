import { Prerequisite, Refusal } from "../kernel/errors.js";
import type { Context } from "./context.js";
import { belongsTo, isOf, ownerName } from "./mark.js";

/** Something stands where ours is to be, and is not ours to change. */
export class NotOurs extends Refusal {
  constructor(
    argument: string,
    reason: string,
    /** What it is, what is written on it, and whether that is why: then it could be taken over. */
    readonly found: { what: string; mark: string | undefined; byName: boolean },
  ) {
    super(argument, reason);
  }

  override as(argument: string, reason: string): NotOurs {
    return new NotOurs(argument, reason, this.found);
  }
}

/** What each of these throws as a Refusal. What is only not there yet stands in nobody's way. */
export function refusedBy(...checks: (() => unknown)[]): Refusal[] {
  return checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (error instanceof Prerequisite) return [];
      if (error instanceof Refusal) return [error];
      throw error;
    }
  });
}

/**
 * Throws a Refusal when an object on the host is not ours to change. `what` names it ("interface
 * bridge_home"), `mark` is what is written on it. An unmarked one may be taken over with `adopt`,
 * another stack's never. `argument` names it.
 */
export function mustBeOurs(what: string, mark: string | undefined, context: Context, argument = "name"): void {
  const belongs = belongsTo(mark, context);
  const refuse = (reason: string) => new NotOurs(argument, reason, { what, mark, byName: true });
  if (belongs === "other")
    throw refuse(
      `${what} belongs to ${ownerName(mark ?? "")}, another stack: give this resource another name, or remove it there first`,
    );
  if (belongs === "nobody" && !context.adopt)
    throw refuse(
      `${what} exists already and was not made by this stack: give this resource another name, remove what is there, or take it over with adopt: true`,
    );
  // Without a previous state this is a create. A leftover of a killed run carries this very
  // resource's mark.
  if (belongs === "ours" && !context.previous && !isOf(mark, context))
    throw refuse(
      `${what} belongs to ${ownerName(mark ?? "")}, another resource of this stack: was it renamed? Then say so with aliases: [{ name: … }]; do the two swap names? Then give one a third name in an \`up\` before; else give this one another name`,
    );
}
