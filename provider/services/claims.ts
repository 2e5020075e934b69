import { familyOf } from "../kernel/family.js";
import type { Declared } from "../ownership/context.js";
import { carryingClaim, ownAndCarried, ownClaim } from "./carried.js";
import { endpointChainName, prefixOf, serviceClaim, serviceReference } from "./chain-name.js";
import { addressClaim } from "./endpoint-family.js";
import { shownOnce, waysOf } from "./frontends.js";
import { type ServiceArgs, serviceSpec } from "./service-args.js";

type Claim = { property: string; claim: string; shareable?: boolean };

const idOf = ({ chain, name }: ServiceArgs) => `${chain}/${name}`;

/** What no other service or endpoint of a program may be, however it is declared. */
export function serviceClaims(service: ServiceArgs): Claim[] {
  const { chain, name, endpoints = [] } = service;
  return [
    { property: "name", claim: serviceClaim(chain, name) },
    ...waysOf(serviceSpec(service, "", [])).map((way) => ({
      property: { vip: "address", external: "externalIPs", node: "ports" }[way.kind],
      claim: `service address ${shownOnce(way, familyOf(service.address))}`,
    })),
    ...endpoints.flatMap((endpoint, at) =>
      within(`endpoints[${at}]`, endpointClaims(idOf(service), endpoint.name, endpoint.address)),
    ),
  ];
}

/** The claims of an element of a list. */
export const within = (element: string, claims: Claim[]): Claim[] =>
  claims.map(({ property, ...rest }) => ({ property: `${element}.${property}`, ...rest }));

/**
 * A service says its address to endpoints that are resources of their own, and that it carries its
 * endpoints.
 */
export const serviceDeclares = (service: ServiceArgs): Record<string, string> => ({
  [addressClaim(idOf(service))]: service.address,
  ...(service.endpoints && { [carryingClaim(idOf(service))]: "", [carryingClaim(service.name)]: "" }),
});

export function serviceDisagrees(service: ServiceArgs, of: Declared): Record<string, string> {
  const own = service.endpoints && (of(ownClaim(idOf(service))) ?? of(ownClaim(service.name)));
  return own === undefined ? {} : { endpoints: ownAndCarried(idOf(service), own) };
}

/** What no other endpoint may be, be it a resource of its own or not. */
export function endpointClaims(service: string, name: string, address: string): Claim[] {
  const chain = endpointChainOf(service, name);
  return [
    { property: "address", claim: `endpoint ${address} of service ${service}`, shareable: true },
    ...(chain === undefined ? [] : [{ property: "name", claim: `endpoint chain ${chain}` }]),
  ];
}

/**
 * An endpoint's chain where the reference says it all; by a bare service name only the host knows.
 */
export function endpointChainOf(service: string, name: string): string | undefined {
  const { chain } = serviceReference(service);
  return chain === undefined ? undefined : endpointChainName(prefixOf(chain), name);
}
