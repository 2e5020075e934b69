import * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource } from "./dynamic";
import type { ServiceEndpoint } from "./service";
import type { ServiceVip } from "./service-vip";
import { isOfType, typeOf } from "./types";

/**
 * Arguments of an `Endpoint`. A change of `name` or of the service's chain replaces the endpoint.
 */
export interface EndpointArgs extends CommonArgs, ServiceEndpoint {
  /**
   * Service that it answers for: the ServiceVip, or its name, `"HTTP"`; `"DUSTIN-SERVICES/HTTP"`
   * where two chains have a service of that name.
   */
  service: pulumi.Input<string | ServiceVip>;
}

/** All properties of an endpoint but those that every resource has. */
const OUTPUTS = [
  "service",
  "name",
  "address",
  "weight",
  "ready",
  "serving",
  "terminating",
  "local",
  "chainName",
  "serviceChainName",
];

/**
 * One of the addresses that answer for a service. Endpoints come and go in any order, and after
 * each change every one gets the share that its weight says.
 *
 * @throws A preview and `up` refuse:
 * - a `name` that its NatChain has already, unless `adopt` is true; and one of another stack
 *   always;
 * - an `address` that is loopback, link-local or multicast, or that stands for no host or for all;
 * - one of the other family than its service, or the service's endpoint already;
 * - a `service` that carries its endpoints (`endpoints: […]`), and a plain name that is that of
 *   services of several chains;
 * - a `name` that makes a chain's name longer than 28 bytes;
 * - on nftables, weights that make more than 65,536 shares, when divided by their common divisor.
 *
 * `up` fails where its service is missing.
 */
export class Endpoint extends HostResource {
  /** @internal */
  static readonly __pulumiType = typeOf("Endpoint");

  /**
   * Whether a value is an `Endpoint`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is Endpoint {
    return isOfType(obj, Endpoint.__pulumiType);
  }

  /** Service: `"DUSTIN-SERVICES/HTTP"`, or the plain name as declared. */
  declare readonly service: pulumi.Output<string>;
  /** Name of the endpoint. */
  declare readonly name: pulumi.Output<string>;
  /** Address that answers. */
  declare readonly address: pulumi.Output<string>;
  /** Share of new connections, as declared. */
  declare readonly weight: pulumi.Output<number | undefined>;
  /** Whether it takes new connections, as declared. */
  declare readonly ready: pulumi.Output<boolean | undefined>;
  /** Whether it would answer, as declared. */
  declare readonly serving: pulumi.Output<boolean | undefined>;
  /** Whether it is on its way out, as declared. */
  declare readonly terminating: pulumi.Output<boolean | undefined>;
  /** Whether it is on this host, as declared. */
  declare readonly local: pulumi.Output<boolean | undefined>;
  /** Its chain in table nat: `"DUSTIN-SEP-HTTP1"`. Undefined on nftables. */
  declare readonly chainName: pulumi.Output<string | undefined>;
  /** Chain of its service, which leads to it: `"DUSTIN-SVC-HTTP"`. Undefined on nftables. */
  declare readonly serviceChainName: pulumi.Output<string | undefined>;

  /**
   * Declares an endpoint.
   *
   * @param name Name of the resource in the program.
   * @param args What the endpoint is to be.
   * @param opts Pulumi's options of a resource, such as `dependsOn` and `protect`.
   */
  constructor(name: string, args: EndpointArgs, opts?: pulumi.CustomResourceOptions) {
    const service = pulumi.CustomResource.isInstance(args.service)
      ? referenceTo(args.service as unknown as ServiceVip)
      : pulumi.output(args.service).apply((it) => (typeof it === "string" ? it : referenceTo(it)));
    super(Endpoint.__pulumiType, name, { ...args, service }, OUTPUTS, opts);
  }
}

const referenceTo = (service: unknown) => {
  const { chain, name } = service as ServiceVip;
  return pulumi.interpolate`${chain}/${name}`;
};
