import type { ServiceBackend } from "../../../provider/services/backend.js";
import { type ChainState, changeState, copyState, emptyState, holdersOf } from "../../../provider/services/state.js";

/** NatChains as they are said, by name. */
type Plain = ReadonlyMap<string, ChainState>;

const NAME = "plain";

const whoseMarks = (what: string, marks: string[]) => ({ what, marks, content: marks });

/**
 * A backend that lays nothing out: it keeps what it is told. With it the battery shows that what is
 * above the backends knows none of them.
 */
export const plain: ServiceBackend<Plain> = {
  name: NAME,
  tools: {},
  inFirewall: false,
  of: ({ services }) => (services.get(NAME) as Plain | undefined) ?? new Map(),
  on: (host, kernel) => {
    const services = new Map(host.services).set(NAME, kernel);
    if (kernel.size === 0) services.delete(NAME);
    return { ...host, services };
  },

  names: (chains) => chains.keys(),
  state: (chains, chain) => chains.get(chain),
  serves: (chains, chain) => chains.has(chain),
  whose: (chains, { chain, service, endpoint }) => {
    const state = chains.get(chain);
    if (!state) return undefined;
    if (endpoint !== undefined) {
      const marks = holdersOf(state, endpoint).map(({ found }) => found.mark);
      return marks.length > 0 ? whoseMarks(`endpoint ${endpoint}`, marks) : undefined;
    }
    if (service === undefined) return whoseMarks(`chain ${chain}`, state.spec ? [state.spec.mark] : []);
    const found = state.services.get(service)?.service;
    return found && whoseMarks(`service ${chain}/${found.name}`, [found.mark]);
  },
  inside: (chains, chain) =>
    [...(chains.get(chain)?.services ?? [])].map(([key, { name, service }]) => ({
      what: `the service ${name}`,
      mark: service?.mark,
      service: key,
    })),

  apply: (chains, changes) => {
    const after = new Map(chains);
    for (const { chain, change } of changes) {
      const state = copyState(after.get(chain) ?? emptyState(chain));
      changeState(state, change);
      if (state.spec || state.services.size > 0) after.set(chain, state);
      else after.delete(chain);
    }
    return after;
  },
  otherwise: () => "",
  missing: (_chains, { service }) => (service === undefined ? "no endpoint" : "no service"),
  mustFit: () => {},
  unsettled: () => [],
  remains: () => false,
  routeType: () => "unicast",

  problems: () => [],
  needs: () => [],
  mustBeAlone: () => {},
  outputs: (_chains, { chain, endpoint }) => (endpoint === undefined ? {} : { natChain: chain }),
  isNoted: () => false,
  notedChains: ({ natChain }) => (natChain === undefined ? [] : [natChain]),
};
