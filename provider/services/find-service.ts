import { Refusal } from "../kernel/errors.js";
import type { Firewalls } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { backends } from "./backends.js";
import { serviceReference } from "./chain-name.js";
import { missingService } from "./missing.js";
import type { PlaceNotes } from "./notes.js";
import { allStates, backendOf, type Site, siteOn } from "./site.js";
import { keyOf } from "./state.js";

/**
 * The NatChain of the service that a reference means: by its name, or by the one service of that
 * name; or the one that the state file knows. Throws Prerequisite when there is none, Refusal when
 * there are several.
 */
export function findSite(reference: string, host: Firewalls, { previous = {} }: Context<PlaceNotes>): Site {
  const { chain, name } = serviceReference(reference);
  const backend = chain === undefined ? undefined : backendOf(chain, host);
  if (chain !== undefined && backend) return siteOn(backend, chain, host);
  const candidates = chain === undefined ? chainsWith(name, host) : [];
  if (candidates.length > 1)
    throw new Refusal(
      "service",
      `"${name}" could be any of ${candidates.map((each) => `${each}/${name}`).join(", ")}: write the chain too, as in "${candidates[0]}/${name}", or pass the ServiceVip`,
    );
  const noted = chain === undefined ? backends.flatMap((each) => each.notedChains(previous)) : [];
  for (const each of [...candidates, ...noted]) {
    const on = backendOf(each, host);
    if (on) return siteOn(on, each, host);
  }
  throw missingService(reference);
}

/** The NatChains that have a service of a name, of either family. */
function chainsWith(name: string, host: Firewalls): string[] {
  const keys = (["ip", "ip6"] as const).map((family) => keyOf({ family, name }));
  const found = allStates(host).filter(({ state }) => keys.some((key) => state.services.get(key)?.service));
  return [...new Set(found.map(({ state }) => state.name))];
}
