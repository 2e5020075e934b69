import { isDeepStrictEqual } from "node:util";
import { HostMissing } from "../host/host.js";
import { Prerequisite, Refusal } from "../kernel/errors.js";
import { type HostAddress, hostIdentity, inputIdentity } from "../kernel/host-address.js";
import type { Noted } from "../ownership/context.js";
import { exclude, onlyRenamed, otherStack } from "./changes.js";
import { called, contextOfCheck } from "./context.js";
import { takeOutStrays } from "./finish.js";
import { asDeclared } from "./found.js";
import { hasUnknown, type Inputs, type Wish } from "./inputs.js";
import { planOf } from "./needs.js";
import type { Resource } from "./resource.js";
import type { Run } from "./run.js";

/** More lines about one resource nobody reads; thousands of services may be in one. */
const MOST_SAID = 20;

export interface Diff {
  changes?: boolean;
  replaces?: string[];
  deleteBeforeReplace?: boolean;
}

/**
 * Drift is a plan for what the state file says that isn't empty, so `preview` and `up` see it
 * without a refresh. The engine compares inputs itself, and shows what differs.
 */
export async function diff<D, S extends Noted>(
  resource: Resource<D, S>,
  id: string,
  olds: Inputs,
  news: Inputs,
): Promise<Diff> {
  const { definition, kind, run } = resource;
  const replaces = replacesOf(resource, olds, news);
  const wish = resource.formerOf(olds);
  run.instances.have(resource.thing(id, wish), asDeclared(olds));
  if (replaces.length > 0) return { replaces, deleteBeforeReplace: exclude(definition, wish, news) };
  const drift = [...otherStack(olds, news), ...(await driftOf(resource, id, wish, olds, news))];
  const unsaid = drift.length - MOST_SAID;
  const who = called(kind, olds, news);
  for (const why of drift.slice(0, MOST_SAID)) run.sayOnce(`${id}: ${why}`, `${who}: ${why}`);
  if (unsaid > 0) run.say(`${who}: and ${unsaid} more like these`);
  if (drift.length > 0) return { changes: true };
  // A resource of another name (an alias) is no other thing.
  return onlyRenamed(definition, olds, news) ? { changes: false } : {};
}

/** The arguments whose change makes another thing of it. */
export function replacesOf<D, S extends Noted>({ definition }: Resource<D, S>, olds: Inputs, news: Inputs): string[] {
  const changed = (key: string) => hasUnknown(news[key]) || !isDeepStrictEqual(olds[key], news[key]);
  return [
    ...(hasUnknown(news.host) || inputIdentity(olds.host) !== inputIdentity(news.host) ? ["host"] : []),
    ...definition.immutable.filter(changed),
    ...(definition.mustReplace?.(olds, news) ?? []),
  ];
}

async function driftOf<D, S extends Noted>(
  resource: Resource<D, S>,
  id: string,
  wish: Wish<D>,
  olds: Inputs,
  news: Inputs,
): Promise<string[]> {
  const { definition, kind, run } = resource;
  try {
    const snapshot = await resource.hostOf(wish).view(definition.scope(wish.desired));
    const context = contextOfCheck(resource.contextOf(wish, olds), news);
    const steps = planOf(definition, wish.desired, snapshot, context);
    for (const remark of definition.remarks?.(wish.desired, snapshot) ?? [])
      run.sayOnce(`${id}: ${remark}`, `${kind} ${id}: ${remark}`);
    const strays = resource.straysIn(wish, snapshot, context);
    if (strays.length > 0) run.strays.set(`${kind} ${id}`, () => takeOutStrays(resource, olds, news));
    return [...new Set([...steps, ...strays].map(({ why }) => why))];
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof HostMissing)) throw error;
    // Its namespace or its bridge is missing, say: that is drift, and what makes it comes first in
    // the same run.
    return [missingWords(error, wish.host, run)];
  }
}

/** The cure is no use where the program declares what is missing, and the run makes it. */
function missingWords(error: Error, host: HostAddress, { claims }: Run): string {
  const made = (argument: string, what: string) => `${argument}: ${what} is missing, and this run makes it`;
  if (error instanceof Prerequisite) {
    const { what, claim } = error.missing;
    if (claim !== undefined && claims.has(hostIdentity(host), claim)) return made(error.argument, what);
  }
  const isMade = error instanceof HostMissing && claims.makes(host);
  return isMade ? made("host.netns", `network namespace ${host.netns}`) : error.message;
}
