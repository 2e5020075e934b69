import type { Family } from "./family.js";

/**
 * What is declared, in the words of its field and with every default filled in: services as
 * Kubernetes has them (Service v1, EndpointSlice conditions), NatChains as `iptables` has them. How
 * it is laid out in the kernel is a backend's own matter.
 */
export type Protocol = "tcp" | "udp" | "sctp";

/** A plain DNAT rule. */
export interface Dnat {
  /** An address or a network, canonical. */
  destination: string;
  protocol: Protocol;
  /** Undefined = every port. */
  destinationPort?: number;
  /** "10.0.0.11:8080", "[fd00::11]:8080", or an address: then the port stays. */
  toDestination: string;
}

export interface ChainSpec {
  name: string;
  /** The owner's mark. */
  mark: string;
  /** Built-in chains of table nat from which packets come. */
  hooks: string[];
  /** Networks: what goes to an address in them that no service has is dropped. */
  vipRanges: string[];
  /** Before the services. */
  rules: Dnat[];
}

/** One port of a service. */
export interface PortSpec {
  name?: string;
  /** Where clients connect to the service's address, 1 to 65535. */
  port: number;
  protocol: Protocol;
  /** Where endpoints listen, 1 to 65535. */
  targetPort: number;
  /** Where clients connect to the host's own addresses, 1 to 65535; undefined = nowhere. */
  nodePort?: number;
}

/** One address behind a service. */
export interface EndpointSpec {
  name: string;
  /** Of the service's family, canonical ("10.0.0.11", "fd00::11"). */
  address: string;
  /**
   * Its share of new connections among all that are eligible, a whole number; 0 = nothing new, open
   * connections live on.
   */
  weight: number;
  /** Takes new connections. */
  ready: boolean;
  /** Would answer, whatever `ready` says. */
  serving: boolean;
  /** Is on its way out: used only where no endpoint is ready. */
  terminating: boolean;
  /** Is on this host, as the traffic policies `Local` mean it. */
  local: boolean;
  /** The owner's mark. */
  mark: string;
}

/** What an endpoint is besides its name, its address and its owner's. */
export type Conditions = Omit<EndpointSpec, "name" | "address" | "mark">;

/** What goes without saying. */
export const USUAL: Conditions = { weight: 1, ready: true, serving: true, terminating: false, local: true };

export interface ServiceSpec {
  /** The NatChain's name. */
  chain: string;
  name: string;
  /** The owner's mark. */
  mark: string;
  family: Family;
  /** The virtual IP, canonical. */
  address: string;
  ports: PortSpec[];
  /** Seconds; undefined = None. */
  affinitySeconds?: number;
  /** Further addresses at which the service answers, canonical. */
  externalIPs: string[];
  /** Networks from which external addresses and node ports may be used; empty = from everywhere. */
  loadBalancerSourceRanges: string[];
  /**
   * For connections to external addresses and node ports: `Local` = to endpoints on this host only,
   * clients' addresses kept.
   */
  externalTrafficPolicy: "Cluster" | "Local";
  /** For connections to `address`: `Local` = to endpoints on this host only. */
  internalTrafficPolicy: "Cluster" | "Local";
  /** Its endpoints are declared with it, and it has no others. */
  inline?: true;
  /** It is declared in bulk, by its NatChain. */
  bulk?: true;
  endpoints: EndpointSpec[];
}
