import { isDeepStrictEqual } from "node:util";
import type { Definition } from "../definition.js";
import { drift } from "../kernel/drift.js";
import { hostIdentity } from "../kernel/host-address.js";
import type { Noted } from "../ownership/context.js";
import { markOf, ownerName } from "../ownership/mark.js";
import { ownerIn } from "./context.js";
import { type Inputs, parseInputs, type Wish } from "./inputs.js";

/**
 * Old outputs hold more than the arguments: what downstream needs, and what we noted for ourselves.
 */
export function argumentsOf<D, S extends Noted>(definition: Definition<D, S>, outputs: Inputs): Inputs {
  const keys = ["host", "adopt", "__owner", ...Object.keys(definition.schema.shape)];
  return Object.fromEntries(keys.filter((key) => key in outputs).map((key) => [key, outputs[key]]));
}

/**
 * A stack or a project that was renamed has its former name on all that it made, until an update.
 */
export function otherStack(olds: Inputs, news: Inputs): string[] {
  const [before, now] = [ownerIn(olds), ownerIn(news)];
  if (!before || !now || before.stack === now.stack) return [];
  return [drift("owner", ownerName(markOf(before)), ownerName(markOf(now)))];
}

/** Old and new can't both be on the host, so the old one has to go first. */
export function exclude<D, S extends Noted>(
  definition: Definition<D, S>,
  before: Wish<D> | undefined,
  news: Inputs,
): boolean {
  const after = parseInputs(definition, news).wish;
  if (!before || !after || hostIdentity(before.host) !== hostIdentity(after.host)) return false;
  const claimed = new Set(definition.claims(before.desired).map(({ claim }) => claim));
  return definition.claims(after.desired).some(({ claim, shareable }) => !shareable && claimed.has(claim));
}

export function onlyRenamed<D, S extends Noted>(definition: Definition<D, S>, olds: Inputs, news: Inputs): boolean {
  if (olds.__owner === news.__owner) return false;
  const keys = ["adopt", ...Object.keys(definition.schema.shape)];
  // A computed MAC address stands in the outputs under the argument's name.
  return keys.every(
    (key) => isDeepStrictEqual(olds[key], news[key]) || (news[key] === undefined && key === "macAddress"),
  );
}
