import { changesFamily, familyOf } from "../kernel/family.js";
import { serviceReference } from "./chain-name.js";

/** Under which name a ServiceVip declares its address: endpoints are of its family. */
export const addressClaim = (service: string) => `address of service ${service}`;

/** What is wrong with an endpoint's address and its service's; undefined when nothing is. */
export function otherFamily(address: string, serviceAddress: string | undefined): string | undefined {
  if (serviceAddress === undefined || familyOf(serviceAddress) === familyOf(address)) return undefined;
  return `${address} is of another family than the service's, ${serviceAddress}: an endpoint's address is of its service's family`;
}

/**
 * The arguments by whose change from `before` to `after` (inputs as written) it comes to other
 * tables or chains.
 */
export function otherTables(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const chainOf = ({ service }: Record<string, unknown>) =>
    typeof service === "string" ? serviceReference(service).chain : undefined;
  const [old, wanted] = [chainOf(before), chainOf(after)];
  return [
    ...(old !== undefined && wanted !== undefined && old !== wanted ? ["service"] : []),
    ...(changesFamily(before.address, after.address) ? ["address"] : []),
  ];
}
