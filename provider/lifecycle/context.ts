import type { Context } from "../definition.js";
import { isOf, markOf, type Owner, ownerName, parseOwner } from "../ownership/mark.js";
import type { Inputs, Wish } from "./inputs.js";
import { withoutNotes } from "./noted.js";
import { statedOwner } from "./stated.js";

/** What a plan may know of a resource; `previous` is what the state file has of it. */
export function contextOf(kind: string, { owner, adopt }: Wish<unknown>, host: string, previous?: Inputs): Context {
  const former = ownerIn(previous) ?? statedOwner(kind, owner);
  const mark = markOf(owner);
  const formerMark = former && markOf(former);
  const known = previous && withoutNotes(previous);
  return { owner, host, mark, adopt, previous: known, ...(formerMark !== mark && { formerMark }) };
}

/**
 * The same for a look at whether all is as the state file says. A run that was killed may have
 * written the name of now already.
 */
export function contextOfCheck(context: Context, news: Inputs): Context {
  const now = ownerIn(news);
  return { ...context, ...(now && { formerMark: markOf(now) }) };
}

export const ownerIn = (inputs: Inputs = {}): Owner | undefined =>
  typeof inputs.__owner === "string" ? parseOwner(inputs.__owner) : undefined;

/** By host of this run, what was said already. */
const said = new WeakMap<object, Set<string>>();

/**
 * Says, once a run, that a resource which the state file doesn't have takes over what bears its
 * mark.
 */
export function sayTakeover(kind: string, id: string, host: object, marks: string[], context: Context): void {
  const mark = marks.find((each) => isOf(each, context));
  if (mark === undefined || context.previous || statedOwner(kind, context.owner)) return;
  const before = said.get(host) ?? new Set();
  said.set(host, before);
  if (before.has(`${kind} ${id}`)) return;
  before.add(`${kind} ${id}`);
  console.log(
    `${kind} ${id}: is there already and bears this resource's mark (${ownerName(mark)}), but is not in the state, as after a run that was killed: taken over`,
  );
}
