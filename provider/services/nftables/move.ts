import type { Context } from "../../definition.js";
import { applySteps } from "../../kernel/apply.js";
import { Refusal } from "../../kernel/errors.js";
import type { Step } from "../../kernel/plan.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { asOwner } from "../../ownership/acting.js";
import { ownerName } from "../../ownership/mark.js";
import type { EndpointSpec, ServiceSpec } from "../spec.js";

type Plan = (host: Snapshot, context: Context) => Step[];

/** How one backend lays out, and takes away again, what is in a NatChain; arguments are as a user writes them. */
export interface Backend {
  chain: { plan: Plan; remove: Plan };
  service(args: Record<string, unknown>, bulk?: true): { plan: Plan; remove: Plan };
  endpoint(args: Record<string, unknown>, bulk?: true): { plan: Plan; remove: Plan };
  /** Takes the chain away with all that is in it, where one step can. */
  clear?: Plan;
}

/**
 * The steps that lay a NatChain and all that is in it out on one backend, and then take it from the other: whatever stack the services and
 * endpoints are of, whose they are stays written on them. At every moment one of the two answers for all.
 */
export function moveSteps(
  to: Backend,
  from: Backend,
  services: ServiceSpec[],
  host: Snapshot,
  context: Context,
): Step[] {
  const model: Snapshot = { ...host };
  const then = (plan: Plan, as: Context): Step[] => {
    const steps = plan(model, as);
    applySteps(model, steps);
    return steps;
  };
  const inside = services.flatMap((service) => [
    { args: serviceArgs(service), mark: service.mark, kind: "service" as const, bulk: service.bulk },
    ...service.endpoints.map((endpoint) => ({
      args: endpointArgs(service, endpoint),
      mark: endpoint.mark,
      kind: "endpoint" as const,
      bulk: undefined,
    })),
  ]);
  const made = [
    ...then(to.chain.plan, context),
    ...inside.flatMap(({ kind, args, mark, bulk }) => then(to[kind](args, bulk).plan, asOwner(mark, context))),
  ];
  if (from.clear) return [...made, ...then(from.clear, context)];
  return [
    ...made,
    ...inside
      .toReversed()
      .flatMap(({ kind, args, mark, bulk }) => then(from[kind](args, bulk).remove, asOwner(mark, context))),
    ...then(from.chain.remove, context),
  ];
}

/** A service's arguments, as a user writes them. Throws a Refusal where its rules don't say them any more. */
export function serviceArgs(service: ServiceSpec): Record<string, unknown> {
  const { chain, name, address, ports, affinitySeconds, ...rest } = service;
  if (address === "")
    throw new Refusal(
      `service ${chain}/${name} of ${ownerName(service.mark)} has lost the rules of its address, so what it was is not known: run up with its NatChain as it was, which heals the service, and then change the chain`,
    );
  const said = Object.entries({
    externalIPs: rest.externalIPs,
    loadBalancerSourceRanges: rest.loadBalancerSourceRanges,
    externalTrafficPolicy: rest.externalTrafficPolicy,
    internalTrafficPolicy: rest.internalTrafficPolicy,
  }).filter(([, value]) => value !== "Cluster" && value.length > 0);
  const affinity =
    affinitySeconds === undefined
      ? {}
      : { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: affinitySeconds };
  const carried = rest.inline && { endpoints: rest.endpoints.map(({ mark: _, ...each }) => each) };
  return { chain, name, address, ports, ...affinity, ...Object.fromEntries(said), ...carried };
}

function endpointArgs({ chain, name: service }: ServiceSpec, { mark: _, ...endpoint }: EndpointSpec) {
  return { service: `${chain}/${service}`, ...endpoint };
}
