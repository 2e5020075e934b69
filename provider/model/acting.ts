import type { Context } from "../definition.js";
import { ownerName, parseOwner } from "./ownership.js";

/** Acting for whoever a mark says: what is his keeps his mark. */
export const asOwner = (mark: string, { host }: Context): Context => ({
  owner: parseOwner(ownerName(mark)),
  host,
  mark,
  adopt: false,
});
