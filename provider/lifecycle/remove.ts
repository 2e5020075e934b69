import { HostMissing } from "../host/host.js";
import { Unreachable } from "../host/ssh/failure.js";
import type { Work } from "../host/work.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import { isOthers, ownerName } from "../ownership/mark.js";
import { ensure } from "./ensure.js";
import { asDeclared } from "./found.js";
import type { Inputs, Wish } from "./inputs.js";
import { removalOf } from "./needs.js";
import type { Resource } from "./resource.js";

/** Takes a resource away; what another one of its name has that the program declares stays. */
export async function remove<D, S extends Noted>(resource: Resource<D, S>, id: string, state: Inputs): Promise<void> {
  const olds = asDeclared(state);
  const wish = resource.formerOf(olds);
  const present = resource.run.instances.replacementOf(resource.thing(id, wish), olds);
  try {
    if (present) await ensure(resource, present, olds);
    else await takeAway(resource, id, wish, olds);
  } catch (error) {
    // With its namespace went all that was in it.
    if (error instanceof HostMissing) return;
    if (!(error instanceof Unreachable && error.gone && wish.host.onUnreachable === "forget")) throw error;
    resource.run.say(`${resource.kind} ${id}: forgotten, not removed: ${error.message}`);
  }
}

async function takeAway<D, S extends Noted>(
  resource: Resource<D, S>,
  id: string,
  wish: Wish<D>,
  olds: Inputs,
): Promise<void> {
  const { definition, kind, run } = resource;
  const resources = run.resources.whenRemoving();
  const context = { ...resource.contextOf(wish, olds), deleted: true, ...(resources && { resources }) };
  const left = await resource.hostOf(wish).apply({
    scope: { ...resource.scopeAround(wish), pieces: true, renamed: true },
    sees: removalSees(resource, wish, context),
    direction: "remove",
    last: false,
    holder: resource.holderOf(wish),
    plan: (snapshot) => {
      const other = resource.marksOf(wish, snapshot, context).find((mark) => isOthers(mark, context));
      if (other) run.say(`${kind} ${id}: not removed, for it belongs to ${ownerName(other)}`);
      const steps = removalOf(definition, wish.desired, snapshot, context);
      if (steps.length > 0) sayStrays(resource, id, wish, snapshot, context);
      return { steps, result: definition.leaves?.(wish.desired, snapshot, context) ?? [] };
    },
    restore: (snapshot) => definition.plan(wish.desired, snapshot, context),
  });
  for (const why of left) run.say(`${kind} ${id}: ${why}`);
}

/** Says what goes along that has no resource, by which nobody else would say it. */
function sayStrays<D, S extends Noted>(
  { definition, kind, run }: Resource<D, S>,
  id: string,
  { desired }: Wish<D>,
  snapshot: Snapshot,
  context: Context<S>,
): void {
  const strays = definition.strays?.(desired, snapshot, context) ?? [];
  for (const why of new Set(strays.map(({ why }) => why))) run.say(`${kind} ${id}: ${why}: removed with it`);
}

/** A removal that may have to be taken back looks at all that will have to be made again. */
function removalSees<D, S extends Noted>(
  { definition: { removalSees } }: Resource<D, S>,
  { desired, host }: Wish<D>,
  context: Context<S>,
): Work<unknown>["sees"] {
  if (!removalSees || host.rollbackAfterSeconds !== undefined) return undefined;
  return {
    first: removalSees.first(desired),
    more: (snapshot) => removalSees.more?.(desired, snapshot, context) ?? {},
  };
}
