import type { NatStep } from "../kernel/plan.js";
import type { Firewalls } from "../kernel/snapshot.js";
import type { Context } from "../ownership/context.js";
import { backends } from "./backends.js";
import { natStep, siteOn } from "./site.js";

/**
 * Lays out anew the services for which other than before has to be masqueraded, after what else
 * masquerades has changed.
 */
export function masqueradeSettled(host: Firewalls, { host: name, owner, mark }: Context, why: string): NatStep[] {
  return backends.flatMap((backend) =>
    backend.unsettled(backend.of(host)).map(({ chain, service }) => {
      const site = siteOn(backend, chain, host);
      const state = site.state.services.get(service)!;
      // Nothing of them is the bridge's.
      return natStep(site, { service, state }, { host: name, owner, mark, adopt: false }, why);
    }),
  );
}
