import type * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource, nameOf } from "./dynamic";
import type { NatChain } from "./nat-chain";
import type { BulkService, ServiceEndpoint, ServicePort } from "./service";
import { isOfType, typeOf } from "./types";

/** Arguments of a `ServiceVip`. A change of `chain` or `name` replaces the service. */
export interface ServiceVipArgs extends CommonArgs, BulkService {
  /** NatChain that it hangs below: the resource, or its name, `"DUSTIN-SERVICES"`. */
  chain: pulumi.Input<string | NatChain>;
}

/** All properties of a service but those that every resource has. */
const OUTPUTS = [
  "chain",
  "name",
  "address",
  "ports",
  "sessionAffinity",
  "sessionAffinityTimeoutSeconds",
  "externalIPs",
  "loadBalancerSourceRanges",
  "externalTrafficPolicy",
  "internalTrafficPolicy",
  "endpoints",
  "url",
  "hostPort",
  "chainName",
];

/**
 * A virtual address whose connections go to endpoints. Each new connection goes to one of them at
 * random, by weight. Without endpoints it refuses at once. A client keeps its address, but for an
 * endpoint that calls its own service.
 *
 * @throws A preview and `up` refuse:
 * - a `name` that its chain has already, unless `adopt` is true; one of another stack always; and
 *   one that the chain lists in its `services`;
 * - an `address` outside the `vipRange` of its chain;
 * - an address, also of `externalIPs` and `endpoints`, that is loopback, link-local or multicast,
 *   or that stands for no host or for all;
 * - an address and port, or a node port, that another service of the host answers at;
 * - an address that the host has a route of its own to, which leads elsewhere;
 * - an empty list of `ports`, and a port, a node port or a name of a port that is there twice;
 * - `externalIPs`, `loadBalancerSourceRanges` and `endpoints` of the other family than `address`;
 * - `loadBalancerSourceRanges` without `externalIPs` or a `nodePort`, and
 *   `sessionAffinityTimeoutSeconds` without `sessionAffinity`;
 * - `endpoints` beside an `Endpoint` of the same service;
 * - a `name` that makes a chain's name longer than 28 bytes;
 * - on nftables, weights that make more than 65,536 shares, when divided by their common divisor.
 *
 * `up` fails where its chain is missing.
 */
export class ServiceVip extends HostResource {
  /** @internal */
  static readonly __pulumiType = typeOf("ServiceVip");

  /**
   * Whether a value is a `ServiceVip`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is ServiceVip {
    return isOfType(obj, ServiceVip.__pulumiType);
  }

  /** Name of its NatChain. */
  declare readonly chain: pulumi.Output<string>;
  /** Name of the service. */
  declare readonly name: pulumi.Output<string>;
  /** Virtual address. */
  declare readonly address: pulumi.Output<string>;
  /** Ports, as declared. */
  declare readonly ports: pulumi.Output<pulumi.Unwrap<ServicePort>[]>;
  /** Whether clients stay with their endpoint, as declared. */
  declare readonly sessionAffinity: pulumi.Output<"None" | "ClientIP" | undefined>;
  /** How long a client is remembered, in seconds, as declared. */
  declare readonly sessionAffinityTimeoutSeconds: pulumi.Output<number | undefined>;
  /** Further addresses, as declared. */
  declare readonly externalIPs: pulumi.Output<string[] | undefined>;
  /** Networks that may come from outside, as declared. */
  declare readonly loadBalancerSourceRanges: pulumi.Output<string[] | undefined>;
  /** Which endpoints answer outside, as declared. */
  declare readonly externalTrafficPolicy: pulumi.Output<"Cluster" | "Local" | undefined>;
  /** Which endpoints answer at `address`, as declared. */
  declare readonly internalTrafficPolicy: pulumi.Output<"Cluster" | "Local" | undefined>;
  /** Endpoints that it carries, as declared. */
  declare readonly endpoints: pulumi.Output<pulumi.Unwrap<ServiceEndpoint>[] | undefined>;
  /**
   * URL of its first port: `"http://10.100.100.100:8080"`; `https` for port 443 or a port of that
   * name; the protocol for UDP and SCTP.
   */
  declare readonly url: pulumi.Output<string>;
  /** Address and number of its first port: `"10.100.100.100:8080"`. */
  declare readonly hostPort: pulumi.Output<string>;
  /** Its chain in table nat: `"DUSTIN-SVC-HTTP"`. Undefined on nftables. */
  declare readonly chainName: pulumi.Output<string | undefined>;

  /**
   * Declares a service.
   *
   * @param name Name of the resource in the program.
   * @param args What the service is to be.
   * @param opts Pulumi's options of a resource, such as `dependsOn` and `protect`.
   */
  constructor(name: string, args: ServiceVipArgs, opts?: pulumi.CustomResourceOptions) {
    super(ServiceVip.__pulumiType, name, { ...args, chain: nameOf(args.chain) }, OUTPUTS, opts);
  }
}
