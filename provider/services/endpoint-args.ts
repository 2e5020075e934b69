import { z } from "zod";
import { routableAddress } from "../kernel/address.js";
import type { Conditions, EndpointSpec } from "../kernel/service-spec.js";
import { shown } from "../kernel/shown.js";
import { partName } from "./chain-name.js";

/** The most that a weight may be. */
const HEAVIEST = 65535;

const weight = z.number().superRefine((value, issue) => {
  if (!Number.isInteger(value) || value < 0 || value > HEAVIEST)
    issue.addIssue(
      `${value} is no weight: it is a whole number from 0 (nothing new) to ${HEAVIEST}, a share of all weights`,
    );
});

/** What an endpoint is besides its name, in the words of Kubernetes' EndpointSlice. */
export const endpointFields = {
  address: routableAddress,
  weight: weight.default(1),
  /** Default: not while it terminates. */
  ready: z.boolean().optional(),
  /** Default: true, but as `ready` where that is said and it does not terminate. */
  serving: z.boolean().optional(),
  terminating: z.boolean().default(false),
  local: z.boolean().default(true),
};

export type EndpointFields = z.infer<z.ZodObject<typeof endpointFields>>;

const inlineEndpoint = z.strictObject({ name: partName, ...endpointFields });

/** An endpoint that a service carries. */
export type InlineEndpoint = z.infer<typeof inlineEndpoint>;

/** The endpoints that a service carries: each name and each address once. */
export const inlineEndpoints = z.array(inlineEndpoint).superRefine((endpoints, issue) => {
  for (const key of ["name", "address"] as const) {
    const first = new Map<string, number>();
    for (const [at, { [key]: value }] of endpoints.entries()) {
      const before = first.get(value);
      if (before === undefined) first.set(value, at);
      else
        issue.addIssue({
          code: "custom",
          path: [at, key],
          message: `${shown(value)} is the ${key} of endpoints[${before}] already: give this endpoint another, or list it once`,
        });
    }
  }
});

/** As declared, in the name of the resource that carries them. */
export function declaredEndpoints(endpoints: InlineEndpoint[] | undefined, mark: string): EndpointSpec[] {
  return (endpoints ?? []).map(({ name, address, ...rest }) => ({ name, address, mark, ...conditionsOf(rest) }));
}

/** An endpoint's conditions with what Kubernetes makes of those that are left out. */
export function conditionsOf({
  weight,
  terminating,
  local,
  ready = !terminating,
  serving = ready || terminating,
}: Omit<EndpointFields, "address">): Conditions {
  return { weight, ready, serving, terminating, local };
}
