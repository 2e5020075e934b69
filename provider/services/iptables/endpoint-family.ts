import type { Definition } from "../../definition.js";
import { Refusal } from "../../kernel/errors.js";
import { changesFamily, familyOf } from "../../kernel/family.js";
import { tableOf } from "../../kernel/iptables/ruleset.js";
import type { Snapshot } from "../../kernel/snapshot.js";
import { serviceReference } from "../chain-name.js";
import { findService } from "../find-service.js";
import type { Family } from "../spec.js";
import { inItsFamily } from "./in-family.js";

interface Endpoint {
  service: string;
  address: string;
}

/** Under which name a ServiceVip declares its address: endpoints are of its family. */
export const addressClaim = (service: string) => `address of service ${service}`;

/** What is wrong with an endpoint's address and its service's; undefined when nothing is. */
export function otherFamily(address: string, serviceAddress: string | undefined): string | undefined {
  if (serviceAddress === undefined || familyOf(serviceAddress) === familyOf(address)) return undefined;
  return `${address} is of another family than the service's, ${serviceAddress}: an endpoint's address is of its service's family`;
}

/** An Endpoint in the tables of its address's family, which are those of its service. */
export function inTablesOfItsService<D extends Endpoint>(definition: Definition<D>): Definition<D> {
  const own = inItsFamily(definition, ({ address }) => familyOf(address));
  return {
    ...own,
    plan: (desired, host, context) => {
      mustBeOfItsFamily(desired, host);
      return own.plan(desired, host, context);
    },
  };
}

/** The arguments by whose change from `before` to `after` (inputs as written) it comes to other tables or chains. */
export function otherTables(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const chainOf = ({ service }: Record<string, unknown>) =>
    typeof service === "string" ? serviceReference(service).chain : undefined;
  const [old, wanted] = [chainOf(before), chainOf(after)];
  return [
    ...(old !== undefined && wanted !== undefined && old !== wanted ? ["service"] : []),
    ...(changesFamily(before.address, after.address) ? ["address"] : []),
  ];
}

/** Throws a Refusal where the service is one of the other family, so that it isn't looked for in vain. */
function mustBeOfItsFamily({ service, address }: Endpoint, host: Snapshot): void {
  const family = familyOf(address);
  if (addressOf(service, family, host) !== undefined) return;
  const message = otherFamily(address, addressOf(service, family === "ip" ? "ip6" : "ip", host));
  if (message) throw new Refusal(`address ${message}`);
}

function addressOf(service: string, family: Family, { firewall }: Snapshot): string | undefined {
  try {
    return findService(service, firewall.get(tableOf(family, "nat"))).address;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
