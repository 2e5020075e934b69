import type { Context } from "../definition.js";

/**
 * What a resource of version 0.1 lays out, and a later one more of (a refusal in table filter, a rule for hairpin traffic): a state file from
 * before says nothing of it, and an upgrade alone is no drift. The first change of such a resource brings it.
 */
export const LAYOUT = { layout: 1 };

export const isFromBefore = ({ previous }: Context) => previous !== undefined && previous.layout === undefined;
