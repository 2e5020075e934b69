import { familyOf } from "../kernel/family.js";
import { carryingClaim, ownAndCarried, ownClaim } from "./carried.js";
import { prefixOf, serviceChainName } from "./chain-name.js";
import { endpointClaims } from "./endpoint.js";
import { addressClaim } from "./iptables/endpoint-family.js";
import { type ServiceArgs, specOf } from "./service-args.js";
import { shownOnce, waysOf } from "./ways.js";

type Claim = { property: string; claim: string; shareable?: boolean };

const idOf = ({ chain, name }: ServiceArgs) => `${chain}/${name}`;

/** What no other service or endpoint of a program may be, however it is declared. */
export function serviceClaims(service: ServiceArgs): Claim[] {
  const { chain, name, endpoints = [] } = service;
  return [
    { property: "name", claim: `chain ${serviceChainName(prefixOf(chain), name)}` },
    ...waysOf(specOf(service, "", [])).map((way) => ({
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

/** A service says its address to endpoints that are resources of their own, and that it carries its endpoints. */
export const serviceDeclares = (service: ServiceArgs): Record<string, string> => ({
  [addressClaim(idOf(service))]: service.address,
  ...(service.endpoints && { [carryingClaim(idOf(service))]: "", [carryingClaim(service.name)]: "" }),
});

export function serviceDisagrees(
  service: ServiceArgs,
  of: (what: string) => string | undefined,
): Record<string, string> {
  const own = service.endpoints && (of(ownClaim(idOf(service))) ?? of(ownClaim(service.name)));
  return own === undefined ? {} : { endpoints: ownAndCarried(idOf(service), own) };
}
