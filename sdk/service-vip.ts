import type * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource, nameOf } from "./dynamic";
import type { ServiceEndpoint } from "./endpoint";
import type { NatChain } from "./nat-chain";

/** One port of a service (Kubernetes ServicePort). */
export interface ServicePort {
  name?: pulumi.Input<string>;
  /** The port at the virtual address, 1 to 65535. */
  port: pulumi.Input<number>;
  /** Default "tcp". "sctp" needs a kernel with SCTP connection tracking. The same port may be there once for each protocol. */
  protocol?: pulumi.Input<"tcp" | "udp" | "sctp">;
  /** The port at the endpoints. Default: `port`. */
  targetPort?: pulumi.Input<number>;
  /** The port at every address of the host but the loopback, 1 to 65535. No sysctl is changed for it. Default: none. */
  nodePort?: pulumi.Input<number>;
}

/** A service as a NatChain carries it (`services: […]`). Words and meanings are Kubernetes' (Service v1). */
export interface BulkService {
  /** Name of the service, in chain names too: HTTP gives DUSTIN-SVC-HTTP. */
  name: pulumi.Input<string>;
  /**
   * The virtual address, of either family. The host gets a route for it when it has none; an IPv6 one is then local to the host, so what the service
   * doesn't serve there the host itself answers as at its other addresses. A change to the other family replaces the service.
   */
  address: pulumi.Input<string>;
  /** One or more, each port and protocol once. All of them have the same endpoints. */
  ports: pulumi.Input<pulumi.Input<ServicePort>[]>;
  /**
   * "ClientIP": a client stays with its endpoint, on all ports, as long as that gets new connections. Default "None". On the iptables backend the kernel
   * remembers 100 clients an endpoint (xt_recent's `ip_list_tot`); on nftables 1,048,576 a NatChain, at each address of the service by itself.
   */
  sessionAffinity?: pulumi.Input<"None" | "ClientIP">;
  /** How long after a client's last new connection, 1 to 86400. Default 10800, three hours. */
  sessionAffinityTimeoutSeconds?: pulumi.Input<number>;
  /** Further addresses of the same family at which the service answers; whoever wants to reach it there has to get the packets to this host. */
  externalIPs?: pulumi.Input<pulumi.Input<string>[]>;
  /** Networks of the same family that may use external addresses and node ports; what comes from elsewhere is dropped. Default: all. */
  loadBalancerSourceRanges?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * For external addresses and node ports. "Cluster" (default): every endpoint; what leaves for one that is not `local` is masqueraded. "Local": only
   * endpoints of this host, whose clients keep their address; dropped where there is none here.
   */
  externalTrafficPolicy?: pulumi.Input<"Cluster" | "Local">;
  /** For `address`. "Local": only endpoints of this host, dropped where there is none here. Default "Cluster". */
  internalTrafficPolicy?: pulumi.Input<"Cluster" | "Local">;
  /**
   * The endpoints that the service carries, which are then no resources of their own: it has exactly these, and a change touches only what differs.
   * `Endpoint`s of the same service are refused beside it. In one `up` they can become carried ones (same names: nothing fails meanwhile) and the
   * other way round (the service refuses connections for the moment in between). Omitted: its `Endpoint`s are resources.
   */
  endpoints?: pulumi.Input<pulumi.Input<ServiceEndpoint>[]>;
}

/** Arguments of `ServiceVip`. A change of `chain` or `name` replaces the service. */
export interface ServiceVipArgs extends CommonArgs, BulkService {
  /** A NatChain or the name of one. */
  chain: pulumi.Input<string | NatChain>;
}

/**
 * A virtual address whose ports are answered by one of its endpoints, chosen at random, by weight, for each connection. Without endpoints it refuses at
 * once. Clients keep their address, but for an endpoint's own requests to its service.
 */
export class ServiceVip extends HostResource {
  declare readonly chain: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;
  declare readonly address: pulumi.Output<string>;
  declare readonly ports: pulumi.Output<pulumi.Unwrap<ServicePort>[]>;
  declare readonly endpoints: pulumi.Output<pulumi.Unwrap<ServiceEndpoint>[] | undefined>;
  /** What a client of the first port opens: "http://10.100.100.100:8080" (https for port 443 or a port of that name, udp for UDP). */
  declare readonly url: pulumi.Output<string>;
  /** Address and first port as a client dials them ("10.100.100.100:8080"). */
  declare readonly hostPort: pulumi.Output<string>;
  /** The chain of this service in table nat ("DUSTIN-SVC-HTTP"); on nftables it has none. */
  declare readonly chainName: pulumi.Output<string | undefined>;

  constructor(name: string, args: ServiceVipArgs, opts?: pulumi.CustomResourceOptions) {
    super("ServiceVip", name, { ...args, chain: nameOf(args.chain) }, ["url", "hostPort", "chainName"], opts);
  }
}
