import * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource } from "./dynamic";
import type { ServiceVip } from "./service-vip";

/** An endpoint as its service carries it (`endpoints: […]`). */
export interface ServiceEndpoint {
  /** Name of the endpoint, in its chain's name too: HTTP1 gives DUSTIN-SEP-HTTP1. One of each name in a NatChain. */
  name: pulumi.Input<string>;
  /** Address that answers at the service's target ports, of the service's family. A change to the other family replaces the endpoint. */
  address: pulumi.Input<string>;
  /** Its share of new connections is weight/(all weights); 0 to 65535, default 1. 0 drains: nothing new, open connections live on. */
  weight?: pulumi.Input<number>;
  /** Takes new connections. Default: true, unless `terminating`. */
  ready?: pulumi.Input<boolean>;
  /** Would answer, ready or not. Default: true, unless `ready` is false and it does not terminate. */
  serving?: pulumi.Input<boolean>;
  /** On its way out: where no endpoint is ready, those that serve while they terminate get the new connections. Default false. */
  terminating?: pulumi.Input<boolean>;
  /** Is on this host, as traffic policies mean it. Default true. */
  local?: pulumi.Input<boolean>;
}

/** Arguments of `Endpoint`. A change of `name` replaces the endpoint. */
export interface EndpointArgs extends CommonArgs, ServiceEndpoint {
  /**
   * A ServiceVip, or its name: "HTTP", or "DUSTIN-SERVICES/HTTP" where two chains have one of that name. Refused for a service that carries its
   * endpoints.
   */
  service: pulumi.Input<string | ServiceVip>;
}

/** One of the addresses that answer for a service. Endpoints come and go in any order; each takes the share of its weight. */
export class Endpoint extends HostResource {
  /** "DUSTIN-SERVICES/HTTP", or the plain name that was given. */
  declare readonly service: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;
  declare readonly address: pulumi.Output<string>;
  /** The chain of this endpoint in table nat ("DUSTIN-SEP-HTTP1"); on nftables it has none. */
  declare readonly chainName: pulumi.Output<string | undefined>;
  /** The chain of its service, which leads to it ("DUSTIN-SVC-HTTP"); on nftables it has none. */
  declare readonly serviceChainName: pulumi.Output<string | undefined>;

  constructor(name: string, args: EndpointArgs, opts?: pulumi.CustomResourceOptions) {
    const service = pulumi.CustomResource.isInstance(args.service)
      ? referenceTo(args.service as unknown as ServiceVip)
      : pulumi.output(args.service).apply((it) => (typeof it === "string" ? it : referenceTo(it)));
    super("Endpoint", name, { ...args, service }, ["chainName", "serviceChainName"], opts);
  }
}

const referenceTo = (service: unknown) => {
  const { chain, name } = service as ServiceVip;
  return pulumi.interpolate`${chain}/${name}`;
};
