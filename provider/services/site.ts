import type { NatStep } from "../kernel/plan.js";
import type { Acting, Memory, ServiceChange } from "../kernel/service-change.js";
import type { Firewalls } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import type { ServiceBackend } from "./backend.js";
import { backends } from "./backends.js";
import { missingChain } from "./missing.js";
import { type ChainState, copyState, emptyState } from "./state.js";

/** A NatChain on a backend, as plans see it. */
export interface Site {
  backend: ServiceBackend;
  kernel: unknown;
  /** The chain; nothing is in it where it isn't there. */
  state: ChainState;
  /** All NatChains of the host, this one among them. */
  all: { backend: ServiceBackend; state: ChainState }[];
}

/** All NatChains of a host, or those of one name. */
export const allStates = (host: Firewalls, only?: string): Site["all"] =>
  backends.flatMap((backend) => {
    const kernel = backend.of(host);
    return [...backend.names(kernel)].flatMap((name) => {
      const state = only === undefined || name === only ? backend.state(kernel, name) : undefined;
      return state ? [{ backend, state }] : [];
    });
  });

/** A NatChain on one backend. */
export function siteOn(backend: ServiceBackend, chain: string, host: Firewalls): Site {
  const kernel = backend.of(host);
  const state = backend.state(kernel, chain) ?? emptyState(chain);
  return {
    backend,
    kernel,
    state,
    // Few ask, and it costs a look at each of them.
    get all() {
      const all = allStates(host);
      return all.some((each) => each.state === state) ? all : [...all, { backend, state }];
    },
  };
}

/** The same with a state of its own, to be changed. */
export function modelOf(site: Site): Site {
  const state = copyState(site.state);
  return { ...site, state, all: site.all.map((each) => (each.state === site.state ? { ...each, state } : each)) };
}

/**
 * The backend of a NatChain. One that is moved is whole on the new backend before it goes from the
 * old one. Where nothing says what it is, it is where services can be put into it.
 */
export function backendOf(chain: string, host: Firewalls): ServiceBackend | undefined {
  return (
    backends.find((each) => each.state(each.of(host), chain)?.spec) ??
    backends.find((each) => each.serves(each.of(host), chain))
  );
}

/** A NatChain on its backend. Throws Prerequisite when it isn't there. */
export function siteOf(chain: string, host: Firewalls): Site {
  const backend = backendOf(chain, host);
  if (backend) return siteOn(backend, chain, host);
  throw missingChain(chain);
}

/** A step that changes a NatChain in the name of a resource. */
export function natStep({ backend, state }: Site, change: ServiceChange, context: Context, why: string): NatStep {
  return { do: "nat", backend: backend.name, chain: state.name, change, by: actingFor(context), why };
}

export function actingFor({ mark, adopt, formerMark, previous }: Context): Acting {
  return {
    mark,
    ...(formerMark !== undefined && { formerMark }),
    ...(adopt && { adopt }),
    ...(previous && { memory: memoryIn(previous) }),
  };
}

const memoryIn = ({ newTables = [], newChains = [] }: Noted): Memory => ({ newTables, newChains });
