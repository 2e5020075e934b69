import type * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource } from "./dynamic";

/** Arguments of `Bridge`. */
export interface BridgeArgs extends CommonArgs {
  /** Name of the interface: 1 to 15 bytes. A change replaces the bridge. */
  name: pulumi.Input<string>;
  /**
   * Addresses with prefix, of either family ("10.0.0.1/24", "fd00::1/64"); when given, the bridge has exactly these, besides the IPv6 ones that the kernel
   * sets by itself (link-local, and what routers advertise). IPv6 ones are usable at once, without duplicate address detection.
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Bytes, 68 to 65535, with IPv6 addresses 1280 and more. Default: the kernel's (1500). */
  mtu?: pulumi.Input<number>;
  /** Default: derived from what the bridge is, so that it stays the same when the bridge is healed. */
  macAddress?: pulumi.Input<string>;
  /** Spanning tree protocol. Default false. */
  stp?: pulumi.Input<boolean>;
  /** VLAN filtering. Default false. */
  vlanFiltering?: pulumi.Input<boolean>;
  /**
   * Promiscuous mode. Default false. It does not make hairpin traffic work on current kernels, and duplicates UDP through a VIP where
   * `bridge-nf-call-iptables` is 1: use `VethPair.hairpin`, which is on by default.
   */
  promiscuous?: pulumi.Input<boolean>;
  /**
   * Forward what comes in and goes out over the bridge: `net.ipv4.ip_forward=1` and two accepts in FORWARD. With IPv6 addresses or an IPv6 network in
   * `masquerade` the same for IPv6, `net.ipv6.conf.all.forwarding=1`; where all are of IPv6, for IPv6 alone. A host whose own IPv6 route comes from a router's
   * advertisements would lose it, so there it is refused until `accept_ra` of that interface is 2. Default false.
   */
  forward?: pulumi.Input<boolean>;
  /** Source networks of either family ("10.0.0.0/24", "fd00::/64") whose packets leave under this host's address. */
  masquerade?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * A Linux bridge, with the forwarding and masquerading that make it a network's gateway.
 *
 * Refused when an interface of that name exists that this stack did not make, unless `adopt` is true.
 */
export class Bridge extends HostResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly addresses: pulumi.Output<string[] | undefined>;
  declare readonly mtu: pulumi.Output<number | undefined>;
  /** The MAC address that the bridge has, given or derived. */
  declare readonly macAddress: pulumi.Output<string>;
  declare readonly stp: pulumi.Output<boolean | undefined>;
  declare readonly vlanFiltering: pulumi.Output<boolean | undefined>;
  declare readonly promiscuous: pulumi.Output<boolean | undefined>;
  declare readonly forward: pulumi.Output<boolean | undefined>;
  declare readonly masquerade: pulumi.Output<string[] | undefined>;

  constructor(name: string, args: BridgeArgs, opts?: pulumi.CustomResourceOptions) {
    super("Bridge", name, args, ["macAddress"], opts);
  }
}
