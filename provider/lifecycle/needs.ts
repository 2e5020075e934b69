import type { Definition } from "../definition.js";
import { Refusal } from "../kernel/errors.js";
import type { Step } from "../kernel/plan.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { mustBeRead, type Need, namespaceKey } from "../kernel/unreadable.js";
import type { Context, Noted } from "../ownership/context.js";
import { unreadRemoval } from "../ownership/unread-removal.js";
import { argumentsOf } from "./changes.js";
import { ownArguments } from "./inputs.js";

/** What a resource as declared, and as it was, has to know of a host. */
export function allNeeds<D, S extends Noted>(
  definition: Definition<D, S>,
  desired: D,
  host: Snapshot,
  context: Context<S>,
): Need[] {
  const { previous } = context;
  // Undefined where today's schema refuses what the state file has.
  const former = previous && definition.schema.safeParse(ownArguments(argumentsOf(definition, previous))).data;
  const { namespaces = [] } = definition.scope(desired);
  const words = new Map<string, string[]>(namespaces.map((name) => [namespaceKey(name), []]));
  for (const each of [desired, ...(former ? [former] : [])])
    for (const need of definition.needs?.(each, host, context) ?? [])
      words.set(need.of, [...new Set([...(words.get(need.of) ?? []), ...need.words])]);
  return [...words].map(([of, words]) => ({ of, words }));
}

/** Throws Unreadable where nobody can tell what of a resource is there. */
function mustKnow<D, S extends Noted>(
  definition: Definition<D, S>,
  desired: D,
  host: Snapshot,
  context: Context<S>,
): void {
  if (host.unread?.size) mustBeRead(allNeeds(definition, desired, host, context), host.unread);
}

/** Throws Unreadable, and Refusal for what stands in the way before anything of it is made. */
export function mustBeAccepted<D, S extends Noted>(
  definition: Definition<D, S>,
  desired: D,
  host: Snapshot,
  context: Context<S>,
): void {
  mustKnow(definition, desired, host, context);
  definition.refuse?.(desired, host, context);
}

/** Is there anything of it? Throws Unreadable. */
export function existsOn<D, S extends Noted>(
  definition: Definition<D, S>,
  desired: D,
  host: Snapshot,
  context: Context<S>,
): boolean {
  mustKnow(definition, desired, host, context);
  return definition.exists(desired, host, context);
}

/** The steps to a wish. Throws Unreadable, and Refusal for what is not ours. */
export function planOf<D, S extends Noted>(
  definition: Definition<D, S>,
  desired: D,
  host: Snapshot,
  context: Context<S>,
): Step[] {
  mustKnow(definition, desired, host, context);
  return definition.plan(desired, host, context);
}

/**
 * The steps that take it away. Throws Unreadable where something may be left of it that nobody can
 * tell from others'.
 */
export function removalOf<D, S extends Noted>(
  definition: Definition<D, S>,
  desired: D,
  host: Snapshot,
  context: Context<S>,
): Step[] {
  const steps = definition.remove(desired, host, context);
  if (!host.unread?.size) return steps;
  return [...unreadRemoval(allNeeds(definition, desired, host, context), host.unread, context), ...steps];
}

/**
 * The marks on what is there of it. Where the host doesn't say what the arguments mean, the plan
 * refuses.
 */
export function marksOn<D, S extends Noted>(
  definition: Definition<D, S>,
  desired: D,
  host: Snapshot,
  context: Context<S>,
): string[] {
  try {
    return definition.marks(desired, host, context);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}
