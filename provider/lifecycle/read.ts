import { isDeepStrictEqual } from "node:util";
import { HostMissing } from "../host/host.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import { argumentsOf } from "./changes.js";
import { called } from "./context.js";
import { asDeclared, asFound, written } from "./found.js";
import type { Inputs, Wish } from "./inputs.js";
import { existsOn } from "./needs.js";
import type { Resource } from "./resource.js";

/** What a refresh gets: an empty id drops the resource from the state. */
export interface Read {
  id: string;
  props: Inputs;
  /** The arguments as they were found, where they are not those of the state. */
  inputs?: Inputs;
}

export async function read<D, S extends Noted>(resource: Resource<D, S>, id: string, olds: Inputs): Promise<Read> {
  const { definition, kind, run } = resource;
  const wish = resource.formerOf(olds);
  try {
    const snapshot = await resource.hostOf(wish).view(definition.scope(wish.desired));
    const context = resource.contextOf(wish, olds);
    if (!existsOn(definition, wish.desired, snapshot, context)) return { id: "", props: olds };
    for (const { why } of resource.straysIn(wish, snapshot, context))
      run.sayOnce(`${id}: ${why}`, `${called(kind, olds)}: ${why}`);
    return { id, props: olds, ...found(resource, olds, snapshot, { wish, context }) };
  } catch (error) {
    if (error instanceof HostMissing) return { id: "", props: olds };
    throw error;
  }
}

/**
 * The outputs and inputs with the arguments as they were found. All else stays: names, owner,
 * notes. What could not be declared like that (a port that has addresses) stays as it was, and is
 * drift. It goes from what was declared, so that it is the same however often it is looked at.
 */
function found<D, S extends Noted>(
  resource: Resource<D, S>,
  olds: Inputs,
  snapshot: Snapshot,
  former: { wish: Wish<D>; context: Context<S> },
): Pick<Read, "props" | "inputs"> | undefined {
  const { definition, run } = resource;
  if (!run.refreshesInputs) return undefined;
  const declared = asDeclared(olds);
  const wish = declared === olds ? former.wish : resource.formerOf(declared);
  const context = declared === olds ? former.context : resource.contextOf(wish, declared);
  const before = argumentsOf(definition, declared);
  const seen = definition.observe(wish.desired, snapshot, context);
  const now = written(definition, before, wish.desired, seen) ?? before;
  if (isDeepStrictEqual(now, argumentsOf(definition, olds))) return undefined;
  const derived = definition.derived?.(wish.desired, snapshot, context) ?? [];
  const inputs = Object.entries(now).filter(([key]) => !derived.includes(key));
  return { props: asFound(definition, declared, now), inputs: Object.fromEntries(inputs) };
}
