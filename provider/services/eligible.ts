import type { EndpointSpec } from "../kernel/service-spec.js";

export type TrafficPolicy = "Cluster" | "Local";

/**
 * The endpoints that get new connections, as kube-proxy chooses them: those that are ready; where
 * none is, those that still serve while they terminate (KEP-1669); with `Local` only those of this
 * host, and then the fallback is among these too. One of weight 0 is drained: it is as if it
 * weren't there.
 */
export function eligible(endpoints: EndpointSpec[], policy: TrafficPolicy): EndpointSpec[] {
  const candidates = endpoints.filter(({ weight, local }) => weight > 0 && (local || policy === "Cluster"));
  const ready = candidates.filter((each) => each.ready);
  return ready.length > 0 ? ready : candidates.filter(({ serving, terminating }) => serving && terminating);
}

/**
 * What a new connection meets where no endpoint is eligible: REJECT at once; but DROP where only
 * endpoints of other hosts are, so that a client, or the load balancer before it, tries another
 * host instead of taking this one's word for all.
 */
export function withoutEligible(endpoints: EndpointSpec[]): "REJECT" | "DROP" {
  return eligible(endpoints, "Cluster").length > 0 ? "DROP" : "REJECT";
}
