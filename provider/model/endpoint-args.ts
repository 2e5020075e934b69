import { z } from "zod";
import type { EndpointSpec } from "./service-spec.js";
import { ipv4 } from "./values.js";

/** The most that a weight may be. */
const HEAVIEST = 65535;

const weight = z.number().superRefine((value, issue) => {
  if (!Number.isInteger(value) || value < 0 || value > HEAVIEST)
    issue.addIssue(
      `${value} is no weight: it is a whole number from 0 (nothing new) to ${HEAVIEST}, a share of all weights`,
    );
});

/** What an endpoint is besides its name, in the words of Kubernetes' EndpointSlice. */
export const endpointArgs = {
  address: ipv4,
  weight: weight.default(1),
  /** Default: not while it terminates. */
  ready: z.boolean().optional(),
  /** Default: true, but as `ready` where that is said and it does not terminate. */
  serving: z.boolean().optional(),
  terminating: z.boolean().default(false),
  local: z.boolean().default(true),
};

export type EndpointArgs = z.infer<z.ZodObject<typeof endpointArgs>>;

/** An endpoint's conditions with what Kubernetes makes of those that are left out. */
export function conditionsOf({
  weight,
  terminating,
  local,
  ready = !terminating,
  serving = ready || terminating,
}: Omit<EndpointArgs, "address">): Omit<EndpointSpec, "name" | "address" | "mark"> {
  return { weight, ready, serving, terminating, local };
}
