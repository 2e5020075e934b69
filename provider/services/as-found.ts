import { inOrderOf } from "../kernel/in-order.js";
import type { ServiceHead } from "../kernel/service-change.js";
import { type Conditions, type EndpointSpec, type PortSpec, USUAL } from "../kernel/service-spec.js";
import { conditionsOf, type EndpointFields, type InlineEndpoint } from "./endpoint-args.js";
import { portPairs } from "./port-pairs.js";
import { affinitySecondsOf, type BulkService } from "./service-args.js";

/**
 * An endpoint in the words of its arguments. Where its rules don't say its address any more it has
 * the declared one.
 */
export function endpointAsFound<E extends EndpointFields>(declared: E, found: EndpointSpec): E {
  const { address, weight, terminating, local, ready, serving } = found;
  const said = { ...declared, address: address || declared.address, weight, terminating, local };
  // What is left out follows the others, and is said only where that is not what was found.
  const ways = [said, { ...said, ready }, { ...said, serving }, { ...said, ready, serving }];
  return ways.find((each) => isLike(conditionsOf(each), found)) ?? said;
}

const isLike = (a: Conditions, b: Conditions) =>
  (Object.keys(USUAL) as (keyof Conditions)[]).every((key) => a[key] === b[key]);

/** An endpoint that is not declared. */
export const undeclaredEndpoint = (found: EndpointSpec): InlineEndpoint => {
  const { name, address } = found;
  const { weight, terminating, local } = USUAL;
  return endpointAsFound({ name, address, weight, terminating, local }, found);
};

/** A service in the words of its arguments, but for its endpoints. */
export function serviceAsFound<A extends BulkService>(declared: A, found: ServiceHead): A {
  const { address, externalIPs, loadBalancerSourceRanges, externalTrafficPolicy, internalTrafficPolicy } = found;
  return {
    ...declared,
    address,
    ports: portsAsFound(declared.ports, found.ports),
    ...affinityAsFound(declared, found),
    externalIPs: inOrderOf(declared.externalIPs, externalIPs),
    loadBalancerSourceRanges: inOrderOf(declared.loadBalancerSourceRanges, loadBalancerSourceRanges),
    externalTrafficPolicy,
    internalTrafficPolicy,
  };
}

/** A service that is not declared, but for its endpoints. */
export const undeclaredService = (found: ServiceHead): BulkService => {
  const { name, address, ports, externalTrafficPolicy, internalTrafficPolicy } = found;
  const lists = { externalIPs: [], loadBalancerSourceRanges: [] };
  const policies = { externalTrafficPolicy, internalTrafficPolicy };
  return serviceAsFound({ name, address, ports, sessionAffinity: "None", ...lists, ...policies }, found);
};

/** The host knows no names of ports. */
const portsAsFound = (declared: PortSpec[], found: PortSpec[]): PortSpec[] =>
  portPairs(found, declared).flatMap(({ found, declared }) => {
    const name = declared?.name;
    return found ? [{ ...(name !== undefined && { name }), ...found }] : [];
  });

type Affinity = Pick<BulkService, "sessionAffinity" | "sessionAffinityTimeoutSeconds">;

/** The default of the timeout is said where another one is declared. */
function affinityAsFound(declared: Affinity, { affinitySeconds }: ServiceHead): Affinity {
  if (affinitySeconds === undefined) return { sessionAffinity: "None", sessionAffinityTimeoutSeconds: undefined };
  const sessionAffinity = "ClientIP";
  const unsaid = { sessionAffinity, sessionAffinityTimeoutSeconds: declared.sessionAffinityTimeoutSeconds } as const;
  if (affinitySecondsOf(unsaid) === affinitySeconds) return unsaid;
  return { sessionAffinity, sessionAffinityTimeoutSeconds: affinitySeconds };
}
