import { z } from "zod";
import { endpointChainName, partName, prefixOf, serviceName, serviceReference, tooLong } from "./chain-name.js";
import { endpointFields } from "./endpoint-args.js";
import { placeNotes } from "./notes.js";

const args = {
  /**
   * "CHAIN/NAME", which is a ServiceVip's id, or "NAME" where only one chain has such a service.
   */
  service: serviceName,
  name: partName,
  ...endpointFields,
};

/** The arguments of an Endpoint. */
export const endpointArgs = z.strictObject(args).superRefine(({ service, name }, issue) => {
  const { chain } = serviceReference(service);
  const message = chain === undefined ? undefined : tooLong(endpointChainName(prefixOf(chain), name), name);
  if (message) issue.addIssue({ code: "custom", path: ["name"], message: `"${name}" in ${chain} ${message}` });
});

export type EndpointArgs = z.infer<typeof endpointArgs>;

/** What the state file has of an Endpoint. */
export const endpointState = z.strictObject({ ...args, ...placeNotes });

export type EndpointState = z.infer<typeof endpointState>;
