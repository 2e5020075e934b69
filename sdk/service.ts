import type * as pulumi from "@pulumi/pulumi";

/** One port of a service, in the words of a Kubernetes ServicePort. */
export interface ServicePort {
  /**
   * Name of the port, such as `"http"`: 1 to 63 lower-case letters, digits and `-`. A port named
   * `https` gives the service a `url` of that scheme.
   *
   * @defaultValue None.
   */
  name?: pulumi.Input<string>;
  /** Port number at the virtual address, 1 to 65535. */
  port: pulumi.Input<number>;
  /**
   * Protocol: `"tcp"`, `"udp"`, or `"sctp"`, which needs a kernel that tracks SCTP connections. A
   * port number may be there once for each protocol.
   *
   * @defaultValue `"tcp"`
   */
  protocol?: pulumi.Input<"tcp" | "udp" | "sctp">;
  /**
   * Port number at the endpoints, 1 to 65535.
   *
   * @defaultValue The number of `port`.
   */
  targetPort?: pulumi.Input<number>;
  /**
   * Port number at every address of the host but the loopback's, 1 to 65535. No sysctl is changed
   * for it.
   *
   * @defaultValue None.
   */
  nodePort?: pulumi.Input<number>;
}

/** An endpoint as its service carries it (`endpoints: […]`), in the words of an EndpointSlice. */
export interface ServiceEndpoint {
  /**
   * Name of the endpoint, such as `"HTTP1"`, once in a NatChain. It is part of a chain's name,
   * DUSTIN-SEP-HTTP1, which holds 28 bytes at most.
   */
  name: pulumi.Input<string>;
  /**
   * Address that answers at the service's target ports, `"10.0.0.11"` or `"fd00::11"`, of the
   * family of the service. A change to the other family replaces the endpoint.
   */
  address: pulumi.Input<string>;
  /**
   * Share of new connections, 0 to 65535 parts of the sum of all weights. With 0 it is drained: it
   * gets no new connection, and open ones live on.
   *
   * @defaultValue `1`
   */
  weight?: pulumi.Input<number>;
  /**
   * Whether it takes new connections.
   *
   * @defaultValue True, unless `terminating` is true.
   */
  ready?: pulumi.Input<boolean>;
  /**
   * Whether it would answer, be it ready or not.
   *
   * @defaultValue True, unless `ready` is false and `terminating` is too.
   */
  serving?: pulumi.Input<boolean>;
  /**
   * Whether it is on its way out. Where no endpoint is ready, those that are both terminating and
   * serving get the new connections.
   *
   * @defaultValue `false`
   */
  terminating?: pulumi.Input<boolean>;
  /**
   * Whether it is on this host, as traffic policies mean it.
   *
   * @defaultValue `true`
   */
  local?: pulumi.Input<boolean>;
}

/** A service as a NatChain carries it (`services: […]`), in the words of a Kubernetes Service. */
export interface BulkService {
  /**
   * Name of the service, such as `"HTTP"`. It is part of a chain's name, DUSTIN-SVC-HTTP, which
   * holds 28 bytes at most; with `externalIPs`, a `nodePort` or `loadBalancerSourceRanges` 24
   * bytes.
   */
  name: pulumi.Input<string>;
  /**
   * Virtual address, `"10.100.100.100"` or `"fd00:100::1"`. The host gets a route for it where it
   * has none. On iptables that route makes an IPv6 address local: what the service does not serve
   * there, the host itself answers. A change to the other family replaces the service.
   */
  address: pulumi.Input<string>;
  /** One port or more. All have the same endpoints. */
  ports: pulumi.Input<pulumi.Input<ServicePort>[]>;
  /**
   * `"None"`, or `"ClientIP"`: a client stays with its endpoint, on all ports, as long as that
   * endpoint gets new connections. On iptables the kernel remembers 100 clients of an endpoint
   * (`ip_list_tot` of xt_recent). On nftables it remembers 1,048,576 clients of a NatChain, at each
   * address of the service by itself.
   *
   * @defaultValue `"None"`
   */
  sessionAffinity?: pulumi.Input<"None" | "ClientIP">;
  /**
   * How long a client is remembered after its last new connection, 1 to 86400 seconds. Only with
   * `sessionAffinity` `ClientIP`.
   *
   * @defaultValue 10800, three hours.
   */
  sessionAffinityTimeoutSeconds?: pulumi.Input<number>;
  /**
   * Further addresses at which the service answers, `"192.0.2.80"`, of the family of `address`. The
   * network outside has to lead their packets to this host.
   *
   * @defaultValue None.
   */
  externalIPs?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Networks that may use external addresses and node ports, `"192.0.2.0/24"`, of the family of
   * `address`. What comes from elsewhere is dropped.
   *
   * @defaultValue None: every network may.
   */
  loadBalancerSourceRanges?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Which endpoints answer at external addresses and node ports. `"Cluster"`: all, and what goes to
   * one that is not `local` is masqueraded. `"Local"`: those of this host, which see the client's
   * address; where there is none here, packets are dropped.
   *
   * @defaultValue `"Cluster"`
   */
  externalTrafficPolicy?: pulumi.Input<"Cluster" | "Local">;
  /**
   * Which endpoints answer at `address`. `"Cluster"`: all. `"Local"`: those of this host; where
   * there is none here, packets are dropped.
   *
   * @defaultValue `"Cluster"`
   */
  internalTrafficPolicy?: pulumi.Input<"Cluster" | "Local">;
  /**
   * Endpoints that the service carries, in place of `Endpoint` resources. It has exactly these, and
   * a change touches only what differs. In one `up` an `Endpoint` may become one of them under the
   * same name, and no connection fails. The other way round the service refuses connections for a
   * moment.
   *
   * @defaultValue Its endpoints are `Endpoint` resources.
   */
  endpoints?: pulumi.Input<pulumi.Input<ServiceEndpoint>[]>;
}

/** What a client opens of a service. */
export interface ServiceAddress {
  /** URL of its first port, `"http://10.100.100.100:8080"`. */
  url: string;
  /** Address and number of its first port, `"10.100.100.100:8080"`. */
  hostPort: string;
}
