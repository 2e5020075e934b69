import type * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource } from "./dynamic";
import { isOfType, typeOf } from "./types";

/** Arguments of a `Bridge`. */
export interface BridgeArgs extends CommonArgs {
  /**
   * Name of the interface, such as `"bridge_home"`: 1 to 15 letters, digits, `_`, `-` and `.`.
   * A change replaces the bridge.
   */
  name: pulumi.Input<string>;
  /**
   * Addresses with prefix length, of either family: `"10.0.0.1/24"`, `"fd00::1/64"`. The bridge has
   * exactly these, besides the IPv6 addresses that the kernel sets by itself (link-local ones, and
   * those of router advertisements). An IPv6 address can be used at once: the kernel does not
   * look for a duplicate first.
   *
   * @defaultValue None is set, and what is there stays.
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * MTU, 68 to 65535 bytes; with an IPv6 address at least 1280 bytes.
   *
   * @defaultValue The kernel's: 1500, or the least of the bridge's ports.
   */
  mtu?: pulumi.Input<number>;
  /**
   * MAC address, `"02:00:5e:10:00:01"`: a unicast one.
   *
   * @defaultValue Derived from host, stack and `name`: a bridge that is healed has the same again.
   */
  macAddress?: pulumi.Input<string>;
  /**
   * Whether the bridge takes part in the spanning tree protocol.
   *
   * @defaultValue `false`
   */
  stp?: pulumi.Input<boolean>;
  /**
   * Whether the bridge filters by VLAN.
   *
   * @defaultValue `false`
   */
  vlanFiltering?: pulumi.Input<boolean>;
  /**
   * Promiscuous mode. Hairpin traffic does not need it (`VethPair.hairpin` does that), and where
   * `net.bridge.bridge-nf-call-iptables` is 1 it duplicates UDP through a VIP.
   *
   * @defaultValue `false`
   */
  promiscuous?: pulumi.Input<boolean>;
  /**
   * Whether the host forwards what comes in or goes out by the bridge. It sets
   * `net.ipv4.ip_forward` to 1, and puts two accepts first into `FORWARD` (`DOCKER-USER` where
   * Docker is). With an IPv6 address or an IPv6 network in `masquerade` it does the same for IPv6
   * by `net.ipv6.conf.all.forwarding`; where all of them are IPv6, for IPv6 alone.
   *
   * @defaultValue `false`
   */
  forward?: pulumi.Input<boolean>;
  /**
   * Source networks of either family, `"10.0.0.0/24"`, `"fd00::/64"`. What comes from them leaves
   * the host under the host's own address.
   *
   * @defaultValue None.
   */
  masquerade?: pulumi.Input<pulumi.Input<string>[]>;
}

/** All properties of a bridge but those that every resource has. */
const OUTPUTS = [
  "name",
  "addresses",
  "mtu",
  "macAddress",
  "stp",
  "vlanFiltering",
  "promiscuous",
  "forward",
  "masquerade",
];

/**
 * A Linux bridge. With `forward` and `masquerade` it is the gateway of what is plugged into it.
 *
 * @throws A preview and `up` refuse:
 * - an interface `name` that is there already, unless `adopt` is true; and one of another stack
 *   always;
 * - an address that is loopback or multicast, or its network's own;
 * - an `mtu` below 1280 bytes together with an IPv6 address;
 * - the same value twice in `addresses` or `masquerade`;
 * - `forward` for IPv6 on a host whose route comes from router advertisements, as long as
 *   `accept_ra` of that interface is not 2: the host would lose its route;
 * - rules of this bridge that are in the other variant of iptables (legacy or nft).
 */
export class Bridge extends HostResource {
  /** @internal */
  static readonly __pulumiType = typeOf("Bridge");

  /**
   * Whether a value is a `Bridge`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is Bridge {
    return isOfType(obj, Bridge.__pulumiType);
  }

  /** Name of the interface. */
  declare readonly name: pulumi.Output<string>;
  /** Addresses with prefix length, as declared. */
  declare readonly addresses: pulumi.Output<string[] | undefined>;
  /** MTU in bytes, as declared. */
  declare readonly mtu: pulumi.Output<number | undefined>;
  /** MAC address that the bridge has, declared or derived. */
  declare readonly macAddress: pulumi.Output<string>;
  /** Whether it takes part in the spanning tree protocol, as declared. */
  declare readonly stp: pulumi.Output<boolean | undefined>;
  /** Whether it filters by VLAN, as declared. */
  declare readonly vlanFiltering: pulumi.Output<boolean | undefined>;
  /** Whether it is in promiscuous mode, as declared. */
  declare readonly promiscuous: pulumi.Output<boolean | undefined>;
  /** Whether the host forwards for it, as declared. */
  declare readonly forward: pulumi.Output<boolean | undefined>;
  /** Source networks that it masquerades, as declared. */
  declare readonly masquerade: pulumi.Output<string[] | undefined>;

  /**
   * Declares a bridge.
   *
   * @param name Name of the resource in the program.
   * @param args What the bridge is to be.
   * @param opts Pulumi's options of a resource, such as `dependsOn` and `protect`.
   */
  constructor(name: string, args: BridgeArgs, opts?: pulumi.CustomResourceOptions) {
    super(Bridge.__pulumiType, name, args, OUTPUTS, opts);
  }
}
