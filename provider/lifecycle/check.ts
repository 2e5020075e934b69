import type { Definition } from "../definition.js";
import { HostMissing } from "../host/host.js";
import { Refusal, Unreadable } from "../kernel/errors.js";
import { hostIdentity } from "../kernel/host-address.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Noted } from "../ownership/context.js";
import { refusedBy } from "../ownership/refuse.js";
import { replacesOf } from "./diff.js";
import { type CheckFailure, type Inputs, parseInputs, type Wish } from "./inputs.js";
import { mustBeAccepted } from "./needs.js";
import type { Resource } from "./resource.js";
import { sayStrangers, strangersAt } from "./strangers.js";

/**
 * What is wrong with a resource as declared, as far as that can be told before anything is made.
 */
export async function check<D, S extends Noted>(
  resource: Resource<D, S>,
  olds: Inputs,
  news: Inputs,
): Promise<CheckFailure[]> {
  const { run, definition, kind } = resource;
  run.resources.declare(kind, news, olds);
  run.stated.note(kind, String(news.__owner), olds.__owner);
  const { wish, failures } = parseInputs(definition, news);
  if (!wish) return failures;
  const onlyNew = newIn(definition, wish.desired, olds);
  const misfits = onlyNew(
    (desired) => definition.misfits?.(desired) ?? [],
    ({ value }) => value,
  );
  if (misfits.length > 0) return misfits.map(({ property, reason }) => ({ property, reason }));
  const host = hostIdentity(wish.host);
  run.claims.declare(host, definition.declares?.(wish.desired));
  const declared = run.claims.declaredOn(host);
  const disagreements = Object.entries(definition.disagrees?.(wish.desired, declared) ?? {});
  const found = [
    ...(wish.host.connection ? [] : await run.lacking(definition.tools?.(wish.desired))),
    ...run.claims.claim(host, `${kind} "${wish.owner.resource}"`, definition.claims(wish.desired)),
    ...disagreements.map(([property, reason]) => ({ property, reason })),
  ];
  if (found.length > 0) return found;
  const id = `${kind} ${definition.id(wish.desired)}`;
  for (const caution of onlyNew((desired) => definition.cautions?.(desired, declared) ?? []))
    run.sayOnce(`${id}: ${caution}`, `${id}: ${caution}`);
  return await refusal(resource, wish, formerOf(resource, olds, news));
}

/** Gives what is to be said of a wish, without what is so in the state file, by a key. */
const newIn =
  <D, S extends Noted>(definition: Definition<D, S>, desired: D, olds: Inputs) =>
  <T>(of: (desired: D) => T[], keyOf: (each: T) => unknown = (each) => each): T[] => {
    const found = of(desired);
    // Parsing thousands of services takes its time.
    if (found.length === 0) return [];
    const before = parseInputs(definition, olds).wish?.desired;
    const known = new Set(before && of(before).map(keyOf));
    return found.filter((each) => !known.has(keyOf(each)));
  };

/** What the state file has: nothing of it, the same, or another thing, which is replaced. */
type Former<D> = { is: "none" | "same" } | { is: "other"; wish?: Wish<D> };

function formerOf<D, S extends Noted>(resource: Resource<D, S>, olds: Inputs, news: Inputs): Former<D> {
  if (olds.__owner === undefined) return { is: "none" };
  if (replacesOf(resource, olds, news).length === 0) return { is: "same" };
  return { is: "other", wish: parseInputs(resource.definition, olds).wish };
}

async function refusal<D, S extends Noted>(
  resource: Resource<D, S>,
  wish: Wish<D>,
  former: Former<D>,
): Promise<CheckFailure[]> {
  const { definition } = resource;
  const host = resource.hostOf(wish);
  // A host over ssh that this run hasn't looked at may be a machine that it is starting: that is
  // asked when it is its turn, before its first step.
  if (wish.host.connection && !host.looked) return [];
  try {
    // It is about what others have, so what this run has changed meanwhile doesn't matter. The
    // first to come looks, even if there is nothing to refuse: later the run has things of its own
    // there, which would all be read.
    const snapshot = await host.view(definition.scope(wish.desired), "at first");
    const context = resource.contextOf(wish);
    mustBeAccepted(definition, wish.desired, snapshot, context);
    resource.sayTakeover(wish, snapshot, context);
    return await inTheWay(resource, wish, former, snapshot);
  } catch (error) {
    // A host that isn't there yet is made before this resource. In place of a dead name only a
    // NetNamespace is made.
    if (error instanceof HostMissing)
      return error.dead && !resource.run.claims.makes(wish.host)
        ? [{ property: "host.netns", reason: error.message }]
        : [];
    if (error instanceof Refusal) return [failureOf(error)];
    // That is no argument's fault.
    if (error instanceof Unreadable) return [{ property: "", reason: error.message }];
    throw error;
  }
}

const failureOf = ({ argument, reason }: Refusal): CheckFailure => ({ property: argument, reason });

/**
 * What stands where a resource is to be, and what of others is in the thing that it replaces. It
 * must have been there at first, for this run makes things of its own, and be there still, for
 * another provider may have removed it meanwhile.
 */
async function inTheWay<D, S extends Noted>(
  resource: Resource<D, S>,
  wish: Wish<D>,
  former: Former<D>,
  atFirst: Snapshot,
): Promise<CheckFailure[]> {
  // Of what the state file has, only the names matter here, and those are the same.
  const previous = former.is === "same" ? (wish.desired as unknown as S) : undefined;
  const context = { ...resource.contextOf(wish), previous };
  const found = strangersAt(resource, wish, atFirst, context);
  sayStrangers(resource, wish, found);
  const refused = [...found.refused, ...inUse(resource, wish, former, atFirst)];
  if (refused.length === 0) return [];
  const host = await resource.hostOf(wish).view(resource.scopeAround(wish), "anew");
  const again = [...strangersAt(resource, wish, host, context).refused, ...inUse(resource, wish, former, host)];
  const now = new Set(again.map(({ message }) => message));
  return refused.filter(({ message }) => now.has(message)).map(failureOf);
}

/** What of others is in a thing that is replaced: its removal would fail at the end. */
function inUse<D, S extends Noted>(
  resource: Resource<D, S>,
  { host }: Wish<D>,
  former: Former<D>,
  snapshot: Snapshot,
): Refusal[] {
  if (former.is !== "other" || !former.wish) return [];
  const { wish } = former;
  if (hostIdentity(wish.host) !== hostIdentity(host)) return [];
  return refusedBy(() =>
    resource.definition.mustBeUnused?.(wish.desired, snapshot, { ...resource.contextOf(wish), deleted: true }),
  );
}
