import { z } from "zod";

/**
 * What the state file may have of every kind: what was not on the host before it, see origin.ts.
 */
export const originNotes = {
  newTables: z.array(z.enum(["filter", "nat", "ip6 filter", "ip6 nat"])).optional(),
  newChains: z.array(z.string()).optional(),
};
