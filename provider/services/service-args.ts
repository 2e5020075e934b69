import { z } from "zod";
import { network, routableAddress } from "../kernel/address.js";
import { familyOf } from "../kernel/family.js";
import type { EndpointSpec, ServiceSpec } from "../kernel/service-spec.js";
import { shown } from "../kernel/shown.js";
import { type Misfit, servedMisfits } from "../kernel/special-addresses.js";
import { listOnce, words } from "../kernel/values.js";
import {
  chainName,
  endpointChainName,
  outsideChainName,
  partName,
  prefixOf,
  serviceChainName,
  tooLong,
} from "./chain-name.js";
import { declaredEndpoints, inlineEndpoints } from "./endpoint-args.js";
import { hasOutsideFrontend } from "./frontends.js";
import { placeNotes, urlNotes } from "./notes.js";
import { portsSchema } from "./service-port.js";

/** Kubernetes' default and limit. */
const AFFINITY_SECONDS = 10_800;
const LONGEST_AFFINITY = 86_400;

const policy = words("Cluster", "Local").default("Cluster");

const affinitySeconds = z.number().superRefine((value, issue) => {
  if (!Number.isInteger(value) || value < 1 || value > LONGEST_AFFINITY)
    issue.addIssue(
      `${value} is no timeout of an affinity: it is a whole number of seconds from 1 to ${LONGEST_AFFINITY}`,
    );
});

const fields = {
  name: partName,
  address: routableAddress,
  ports: portsSchema,
  sessionAffinity: words("None", "ClientIP").default("None"),
  sessionAffinityTimeoutSeconds: affinitySeconds.optional(),
  externalIPs: listOnce(routableAddress).default([]),
  loadBalancerSourceRanges: listOnce(network).default([]),
  externalTrafficPolicy: policy,
  internalTrafficPolicy: policy,
  /** Left out: they are resources of their own. */
  endpoints: inlineEndpoints.optional(),
};

/** A service as its NatChain carries it. */
export const bulkService = z.strictObject(fields);
export type BulkService = z.infer<typeof bulkService>;

/** The arguments of a ServiceVip. */
export const serviceArgs = z.strictObject({ chain: chainName, ...fields }).superRefine((service, issue) => {
  for (const { path, message } of problemsOf(service)) issue.addIssue({ code: "custom", path, message });
});

/** What the state file has of a ServiceVip. */
export const serviceVipState = z.strictObject({ chain: chainName, ...fields, ...placeNotes, ...urlNotes });

export type ServiceVipState = z.infer<typeof serviceVipState>;

export type ServiceArgs = z.infer<typeof serviceArgs> & Pick<ServiceSpec, "bulk">;

/** What is wrong with arguments that are right each by itself. */
export function problemsOf(service: ServiceArgs): { path: (string | number)[]; message: string }[] {
  const problems: { path: (string | number)[]; message: string }[] = [];
  const fail = (message: string, ...path: (string | number)[]) => problems.push({ path, message });
  const { chain, name, address, ports, externalIPs, loadBalancerSourceRanges: ranges, endpoints = [] } = service;
  const outside = hasOutsideFrontend(serviceSpec(service, "", []));
  const whole = serviceChainName(prefixOf(chain), name);
  const message = tooLong(outside ? outsideChainName(whole) : whole, name);
  if (message) fail(`"${name}" in ${chain} ${message}`, "name");
  if (service.sessionAffinityTimeoutSeconds !== undefined && service.sessionAffinity === "None")
    fail(
      `${service.sessionAffinityTimeoutSeconds} is the timeout of an affinity, and there is none: write sessionAffinity: "ClientIP", or leave it out`,
      "sessionAffinityTimeoutSeconds",
    );
  for (const [argument, values] of Object.entries({ externalIPs, loadBalancerSourceRanges: ranges })) {
    const other = values.find((each) => familyOf(each) !== familyOf(address));
    if (other)
      fail(
        `${shown(other)} is of the other family than the service's address, ${address}: a service is of one, so declare another one for that`,
        argument,
      );
  }
  if (externalIPs.includes(address))
    fail(`${shown(address)} is the service's own address: leave it out of this list`, "externalIPs");
  if (ranges.length > 0 && externalIPs.length === 0 && ports.every(({ nodePort }) => nodePort === undefined))
    fail(
      `${shown(ranges)} says who may come from outside, and there is no way in from there: add externalIPs or a nodePort, or leave it out`,
      "loadBalancerSourceRanges",
    );
  for (const [at, endpoint] of endpoints.entries()) {
    const long = tooLong(endpointChainName(prefixOf(chain), endpoint.name), endpoint.name);
    if (long) fail(`"${endpoint.name}" in ${chain} ${long}`, "endpoints", at, "name");
    if (familyOf(endpoint.address) !== familyOf(address))
      fail(
        `${endpoint.address} is of another family than the service's ${address}: an endpoint's address is of its service's family`,
        ...["endpoints", at, "address"],
      );
  }
  return problems;
}

/** Addresses of it that no host can have, and of the endpoints that it carries. */
export const serviceMisfits = ({ address, externalIPs, endpoints = [] }: BulkService, at = ""): Misfit[] => [
  ...servedMisfits(`${at}address`, address),
  ...servedMisfits(`${at}externalIPs`, externalIPs),
  ...endpoints.flatMap((each, n) => servedMisfits(`${at}endpoints[${n}].address`, each.address)),
];

/** How long a client is remembered; undefined where it isn't. */
export const affinitySecondsOf = ({
  sessionAffinity,
  sessionAffinityTimeoutSeconds = AFFINITY_SECONDS,
}: Pick<BulkService, "sessionAffinity" | "sessionAffinityTimeoutSeconds">): number | undefined =>
  sessionAffinity === "ClientIP" ? sessionAffinityTimeoutSeconds : undefined;

/** A service as declared, with these endpoints; without any said, with those that it carries. */
export function serviceSpec(
  args: ServiceArgs,
  mark: string,
  endpoints: EndpointSpec[] = declaredEndpoints(args.endpoints, mark),
): ServiceSpec {
  const { sessionAffinity: _, sessionAffinityTimeoutSeconds: __, ...rest } = args;
  const affinitySeconds = affinitySecondsOf(args);
  return {
    ...rest,
    mark,
    family: familyOf(args.address),
    ...(affinitySeconds !== undefined && { affinitySeconds }),
    ...(args.endpoints && { inline: true as const }),
    endpoints,
  };
}
