import type { Context, Noted } from "../ownership/context.js";
import { markOf, type Owner, parseOwner } from "../ownership/mark.js";
import type { Inputs } from "./inputs.js";

/**
 * A context for a look at whether all is as the state file says. A run that was killed may have
 * written the name of now already.
 */
export function contextOfCheck<S extends Noted>(context: Context<S>, news: Inputs): Context<S> {
  const now = ownerIn(news);
  return { ...context, ...(now && { formerMark: markOf(now) }) };
}

/** A resource as a line of drift begins: its name in the program, and what it is on the host. */
export function called(kind: string, olds: Inputs, news = olds): string {
  const owner = ownerIn(news) ?? ownerIn(olds);
  return `${owner ? `${owner.resource}: ` : ""}${kind} ${String(olds.name)}`;
}

export const ownerIn = (inputs: Inputs = {}): Owner | undefined =>
  typeof inputs.__owner === "string" ? parseOwner(inputs.__owner) : undefined;
