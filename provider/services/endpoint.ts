import type { Definition } from "../definition.js";
import { Refusal } from "../kernel/errors.js";
import { familyOf } from "../kernel/family.js";
import type { Snapshot } from "../kernel/snapshot.js";
import { servedMisfits } from "../kernel/special-addresses.js";
import type { Context } from "../ownership/context.js";
import { endpointAsFound } from "./as-found.js";
import type { Named } from "./backend.js";
import { backends } from "./backends.js";
import { carryingClaim, mustNotCarry, ownAndCarried, ownClaim } from "./carried.js";
import { serviceReference } from "./chain-name.js";
import { endpointChainOf, endpointClaims } from "./claims.js";
import { conditionsOf } from "./endpoint-args.js";
import { addressClaim, otherFamily, otherTables } from "./endpoint-family.js";
import {
  type DeclaredEndpoint,
  foundEndpoint,
  marksOfEndpoint,
  planEndpoint,
  removeEndpoint,
  sitesOf,
} from "./endpoint-plan.js";
import { findSite } from "./find-service.js";
import { needsOf } from "./needs.js";
import { type EndpointArgs, type EndpointState, endpointArgs, endpointState } from "./own-endpoint-args.js";
import { actingFor, backendOf } from "./site.js";
import { keyOf } from "./state.js";
import { endpointStrangers } from "./strangers.js";

type Desired = EndpointArgs;

const declared = (desired: Desired): DeclaredEndpoint => {
  const { service, name, address, ...conditions } = desired;
  return { service, endpoint: { name, address, ...conditionsOf(conditions) } };
};

/** An endpoint in a NatChain, by its arguments. */
function namedIn(chain: string, { service, name, address }: Desired): Named {
  const family = familyOf(address);
  const keys = { service: keyOf({ family, name: serviceReference(service).name }), endpoint: keyOf({ family, name }) };
  return { chain, families: [family], ...keys };
}

/** The NatChain by the reference, or by the state file, or by the service as it is on the host. */
function chainOf(desired: Desired, host: Snapshot, context: Context<EndpointState>): string | undefined {
  const { chain } = serviceReference(desired.service);
  const { previous = {} } = context;
  const known = chain ?? backends.flatMap((each) => each.notedChains(previous))[0];
  if (known !== undefined) return known;
  try {
    return findSite(desired.service, host, context).state.name;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** One address behind a service, on the backend of its NatChain. */
export const endpoint: Definition<Desired, EndpointState> = {
  kind: "Endpoint",
  schema: endpointArgs,
  state: endpointState,
  id: ({ service, name }) => endpointChainOf(service, name) ?? name,
  misfits: ({ address }) => servedMisfits("address", address),
  claims: ({ service, name, address }) => endpointClaims(service, name, address),
  declares: ({ service, name }) => ({ [ownClaim(service)]: name }),
  disagrees: ({ service, name, address }, of): Record<string, string> => {
    const message = otherFamily(address, of(addressClaim(service)));
    return {
      ...(message && { address: message }),
      ...(of(carryingClaim(service)) !== undefined && { service: ownAndCarried(service, name) }),
    };
  },
  scope: ({ address }) => ({ firewall: true, ip6: familyOf(address) === "ip6" }),
  needs: (desired, host, context) => needsOf(namedIn(chainOf(desired, host, context) ?? "", desired), host, context),
  plan: (desired, host, context) => {
    mustNotCarry(desired.service, desired.name, host);
    const site = findSite(desired.service, host, context);
    site.backend.mustBeAlone(host, namedIn(site.state.name, desired));
    return planEndpoint(declared(desired), host, context);
  },
  remove: (desired, host, context) => {
    for (const { backend, state } of sitesOf(declared(desired), host, context))
      backend.mustBeAlone(host, namedIn(state.name, desired), context);
    return removeEndpoint(declared(desired), host, context);
  },
  refuse: (desired, host) => {
    const { chain } = serviceReference(desired.service);
    if (chain === undefined) return;
    for (const each of backends)
      if ((backendOf(chain, host) ?? each) === each) each.mustBeAlone(host, namedIn(chain, desired));
  },
  strangers: (desired, host, context) => {
    const { chain } = serviceReference(desired.service);
    if (chain === undefined) return [];
    const { endpoint } = namedIn(chain, desired);
    return endpointStrangers({ chain, endpoint: endpoint! }, host, context);
  },
  observe: (desired, host, context) => {
    const found = foundEndpoint(declared(desired), host, context);
    return found ? { ...endpointAsFound(desired, found.endpoint), service: found.service } : desired;
  },
  marks: (desired, host, context) => marksOfEndpoint(declared(desired), host, context),
  exists: (desired, host, context) => {
    const { endpoint } = namedIn("", desired);
    return sitesOf(declared(desired), host, context).some(({ state }) => state.holders.has(endpoint!));
  },
  outputs: (desired, host, context) => {
    const { backend, kernel, state } = findSite(desired.service, host, context);
    return backend.outputs(kernel, namedIn(state.name, desired), actingFor(context));
  },
  last: true,
  immutable: ["name"],
  mustReplace: otherTables,
};
