import { z } from "zod";
import { chainName, outsideChainName, partName, prefixOf, serviceChainName, tooLong } from "./chain-name.js";
import { familyOf } from "./family.js";
import { portsSchema } from "./service-port.js";
import type { EndpointSpec, ServiceSpec } from "./service-spec.js";
import { hasOutsideChain } from "./service-ways.js";
import { shown } from "./shown.js";
import { ipv4, listOnce, network4 } from "./values.js";

/** Kubernetes' default and limit. */
const AFFINITY_SECONDS = 10_800;
const LONGEST_AFFINITY = 86_400;

const words = <const T extends string[]>(...values: T) =>
  z.enum(values, {
    error: ({ input }) => `${shown(input)} is not ${values.map(shown).join(" or ")}: write one of these`,
  });
const policy = words("Cluster", "Local").default("Cluster");

const affinitySeconds = z.number().superRefine((value, issue) => {
  if (!Number.isInteger(value) || value < 1 || value > LONGEST_AFFINITY)
    issue.addIssue(
      `${value} is no timeout of an affinity: it is a whole number of seconds from 1 to ${LONGEST_AFFINITY}`,
    );
});

/** The arguments of a ServiceVip. */
export const serviceArgs = z
  .strictObject({
    chain: chainName,
    name: partName,
    address: ipv4,
    ports: portsSchema,
    sessionAffinity: words("None", "ClientIP").default("None"),
    sessionAffinityTimeoutSeconds: affinitySeconds.optional(),
    externalIPs: listOnce(ipv4).default([]),
    loadBalancerSourceRanges: listOnce(network4).default([]),
    externalTrafficPolicy: policy,
    internalTrafficPolicy: policy,
  })
  .superRefine((service, issue) => {
    const fail = (argument: string, message: string) => issue.addIssue({ code: "custom", path: [argument], message });
    const { chain, name, address, ports, externalIPs, loadBalancerSourceRanges: ranges } = service;
    const outside = hasOutsideChain(specOf(service, "", []));
    const whole = serviceChainName(prefixOf(chain), name);
    const message = tooLong(outside ? outsideChainName(whole) : whole, name);
    if (message) fail("name", `"${name}" in ${chain} ${message}`);
    if (service.sessionAffinityTimeoutSeconds !== undefined && service.sessionAffinity === "None")
      fail(
        "sessionAffinityTimeoutSeconds",
        `${service.sessionAffinityTimeoutSeconds} is the timeout of an affinity, and there is none: write sessionAffinity: "ClientIP", or leave it out`,
      );
    if (externalIPs.includes(address))
      fail("externalIPs", `${shown(address)} is the service's own address: leave it out of this list`);
    if (ranges.length > 0 && externalIPs.length === 0 && ports.every(({ nodePort }) => nodePort === undefined))
      fail(
        "loadBalancerSourceRanges",
        `${shown(ranges)} says who may come from outside, and there is no way in from there: add externalIPs or a nodePort, or leave it out`,
      );
  });

export type ServiceArgs = z.infer<typeof serviceArgs>;

/** A service as declared, with these endpoints. */
export function specOf(
  args: Omit<ServiceArgs, "chain" | "name"> & { chain: string; name: string },
  mark: string,
  endpoints: EndpointSpec[],
): ServiceSpec {
  const { sessionAffinity, sessionAffinityTimeoutSeconds: seconds = AFFINITY_SECONDS, ...rest } = args;
  return {
    ...rest,
    mark,
    family: familyOf(args.address),
    ...(sessionAffinity === "ClientIP" && { affinitySeconds: seconds }),
    endpoints,
  };
}
