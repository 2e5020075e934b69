import type { Snapshot } from "../kernel/snapshot.js";
import type { Need } from "../kernel/unreadable.js";
import type { Context, Noted } from "../ownership/context.js";
import type { Named } from "./backend.js";
import { backends } from "./backends.js";
import type { PlaceNotes } from "./notes.js";

/**
 * What a service or an endpoint has to know of a host. Where its NatChain is known to be on a
 * backend with tables of its own, that is nothing more.
 */
export function needsOf(thing: Named, host: Snapshot, { previous }: Context<PlaceNotes>): Need[] {
  const isAside = backends.some((each) => !each.inFirewall && each.state(each.of(host), thing.chain)?.spec);
  if (isAside) return [];
  const noted = previous && backends.find((each) => each.isNoted(previous));
  return backends.flatMap((each) => each.needs(host, thing, previous !== undefined && (noted ?? each) === each));
}

/** The same of a NatChain, which may be about to change its backend. */
export function chainNeeds(
  thing: Named,
  backend: string,
  host: Snapshot,
  { previous }: Context<Noted & { backend: string }>,
): Need[] {
  const aside = backends.find((each) => !each.inFirewall && each.state(each.of(host), thing.chain));
  const before = aside?.name ?? previous?.backend ?? backend;
  const involved = new Set([backend, before]);
  return backends.flatMap((each) =>
    each.needs(host, involved.size > 1 ? { ...thing, moves: true } : thing, involved.has(each.name)),
  );
}
