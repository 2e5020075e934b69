import type { Context } from "./context.js";
import { ownerName, parseOwner } from "./mark.js";

/** Acting for the resource that a mark names: what is made for it gets that mark. */
export const asOwner = (mark: string, { host }: Context): Context => ({
  owner: parseOwner(ownerName(mark)),
  host,
  mark,
  adopt: false,
});
