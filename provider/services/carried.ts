import { Refusal } from "../kernel/errors.js";
import { natTablesIn } from "../kernel/iptables/ruleset.js";
import type { Firewalls } from "../kernel/snapshot.js";
import { noteOf } from "../ownership/comment.js";
import { prefixOf, serviceChainName, serviceReference } from "./chain-name.js";
import { allServices, type Dispatch, waysInto } from "./iptables/read.js";
import type { Family } from "./spec.js";

/** Endpoints that are declared with their service are that resource's, and nobody else adds to them or takes of them. */
export const isCarrying = ({ rule }: Dispatch): boolean => noteOf(rule)?.says?.endpoints === "inline";

/** Does the service carry its endpoints, as the host knows it? `reference` is "CHAIN/NAME" or "NAME". */
export function carriesEndpoints(reference: string, { firewall, natTables }: Firewalls): boolean {
  const { chain, name } = serviceReference(reference);
  const tables = chain === undefined ? [...natTables.values()] : [natTables.get(chain)];
  if (tables.some((each) => each?.services.get(name)?.service?.inline)) return true;
  const called = (chain: string) => serviceChainName(prefixOf(chain), name);
  const found = natTablesIn(firewall).flatMap((table) =>
    chain === undefined
      ? allServices(table).filter((each) => each.serviceChain === called(each.chain))
      : waysInto(table, chain, called(chain)),
  );
  return found.some(isCarrying);
}

export const isInBulk = ({ rule }: Dispatch): boolean => noteOf(rule)?.says?.service === "bulk";

/** Is the service declared in bulk, by its NatChain, as the host knows it? `families`: on iptables one of each can have a name for a while. */
export function isBulk(
  { chain, name }: { chain: string; name: string },
  { firewall, natTables }: Firewalls,
  families?: readonly Family[],
): boolean {
  if (natTables.get(chain)?.services.get(name)?.service?.bulk) return true;
  const serviceChain = serviceChainName(prefixOf(chain), name);
  return natTablesIn(firewall, families).some((table) => waysInto(table, chain, serviceChain).some(isInBulk));
}

/** Throws a Refusal: a ServiceVip of that name is another thing. */
export function mustNotBeBulk(service: { chain: string; name: string }, host: Firewalls): void {
  if (isBulk(service, host))
    throw new Refusal(
      `service ${service.chain}/${service.name} is declared in bulk, by its NatChain (services: […]): change it there, or take it out of that list`,
    );
}

/** Throws a Refusal: an endpoint of its own would be taken away again by the service. */
export function mustNotCarry(service: string, endpoint: string, host: Firewalls): void {
  if (carriesEndpoints(service, host)) throw new Refusal(`service ${ownAndCarried(service, endpoint)}`);
}

/** Why an Endpoint and a service that carries its endpoints can't both be. */
export const ownAndCarried = (service: string, endpoint: string): string =>
  `${service} carries its endpoints (endpoints: […]), and the Endpoint ${endpoint} is a resource of its own: list it there and remove the Endpoint, or leave out endpoints there`;

/** Under which names services that carry endpoints, and Endpoints, declare themselves to each other. */
export const carryingClaim = (service: string): string => `carried endpoints of ${service}`;
export const ownClaim = (service: string): string => `an Endpoint of ${service}`;
