import type { OtherVariant } from "./iptables/other-variant.js";
import type { Firewall } from "./iptables/ruleset.js";
import type { LinkOptions } from "./plan.js";
import type { Mount } from "./read-only.js";
import type { SysctlIs } from "./sysctl-words.js";
import type { AllUnread } from "./unreadable.js";

/** A network interface as `ip -d -j addr` tells it. */
export interface Link {
  name: string;
  /** Further names, by which `ip` finds it too, and which no other interface can have. */
  altnames?: string[];
  /** `bridge`, `veth`, …; "" for physical ones and lo. */
  kind: string;
  /** `ether`, `loopback`, `none`, …: what its addresses are. */
  type?: string;
  up: boolean;
  promiscuous: boolean;
  mtu: number;
  macAddress: string;
  /** ifalias: where ownership is written. */
  alias?: string;
  /** Name of the bridge this is a port of. */
  master?: string;
  /** Kind of that: `bridge`, also `bond` or `vrf`. */
  portOf?: string;
  /**
   * CIDRs in their canonical form ("10.0.0.1/24", "fd00::1/64"), without those that routers have
   * told of.
   */
  addresses: string[];
  /** Settings of its kind, in the words and values of `ip link`: `{ stp_state: "1" }`. */
  options: LinkOptions;
  /** Settings of a port, in the same words. */
  port?: LinkOptions;
  /** The link that it is on top of, where that is in the same namespace. */
  parent?: string;
  /**
   * veth only: index of the other end where that is in another namespace, its name where it is in
   * this same one.
   */
  index: number;
  peerIndex?: number;
  peerName?: string;
}

/**
 * A route of the main table; `to` is "default", of IPv6 "::/0", or a CIDR ("10.1.2.3/32" for a
 * host).
 */
export interface Route {
  to: string;
  via?: string;
  dev?: string;
  /** `kernel`, `static`, `boot`, a number …: ours carry ROUTE_PROTOCOL. */
  protocol: string;
  /** `unicast`, `blackhole`, `unreachable`, … */
  type: string;
}

/** One network namespace. */
export interface NetView {
  links: Map<string, Link>;
  routes: Route[];
}

/** A named network namespace. */
export interface NamespaceView extends NetView {
  sysctls: Map<string, string>;
  /** Whose it was to become, when its maker was killed before it could mark it. */
  claim?: string;
}

/** A name in /run/netns that leads to no network namespace: whose it was to become, as above. */
export type DeadName = Pick<NamespaceView, "claim">;

/** What was read of a host, or the part of it that was asked for. */
export interface Snapshot extends NetView {
  namespaces: Map<string, NamespaceView>;
  deadNames?: ReadonlyMap<string, DeadName>;
  /**
   * Namespace → text of /etc/netns/NAMESPACE/resolv.conf. It can be there without the namespace.
   */
  resolvConfs: Map<string, string>;
  firewall: Firewall;
  /**
   * What each backend of services has that isn't in the firewall, by its name; read and written
   * with that.
   */
  services: ReadonlyMap<string, unknown>;
  /** What of all this could not be read; it is not in here otherwise, or in part. */
  unread?: AllUnread;
  /** Of each family where both variants of iptables have tables. */
  otherVariants?: OtherVariant[];
  /** What of this can't be written. Known where the host was read as a whole. */
  readOnly?: readonly Mount[];
  /** What a namespace that is still to be made will have of sysctls, of those asked for. */
  newSysctls?: ReadonlyMap<string, SysctlIs>;
  /** Dotted key → value; a key that the kernel does not have is absent. */
  sysctls: Map<string, string>;
  /** What derived MAC addresses are salted with, so that two machines never share one. */
  machineId: string;
}

/** All that leads packets to services, on whichever backend. */
export type Firewalls = Pick<Snapshot, "firewall" | "services">;

/** What a resource has to see of a host. */
export interface Scope {
  links?: string[];
  /** Where one of `links` isn't there, or not marked, all are read: it may have been renamed. */
  renamed?: boolean;
  /** All links are read, since what hangs on one of `links` is wanted too. */
  around?: boolean;
  namespaces?: string[];
  routes?: boolean;
  firewall?: boolean;
  /** Of the firewall: rules of IPv6 are wanted, be there some yet or not. */
  ip6?: boolean;
  /** Of the firewall: tables that iptables can't show as a whole are read chain by chain. */
  pieces?: boolean;
  sysctls?: string[];
  /** What can't be written, too. */
  readOnly?: boolean;
  /** Namespace → keys. */
  namespaceSysctls?: Record<string, string[]>;
}

/**
 * The protocol number that marks our routes (routes have no comment); unused in
 * /etc/iproute2/rt_protos.
 */
export const ROUTE_PROTOCOL = "104";
