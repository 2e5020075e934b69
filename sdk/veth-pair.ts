import * as pulumi from "@pulumi/pulumi";
import type { Bridge } from "./bridge";
import { type CommonArgs, HostResource, nameOf } from "./dynamic";
import type { NetNamespace } from "./net-namespace";
import { isOfType, typeOf } from "./types";

/** A route over the peer of a veth pair. */
export interface VethRoute {
  /**
   * Network that it leads to, `"10.1.0.0/16"`, or `"default"`: all addresses of the family of
   * `via`, without `via` of IPv4. `"::/0"` is IPv6's default too.
   */
  to: pulumi.Input<string>;
  /**
   * Next hop, `"10.0.0.1"`, of the family of `to`.
   *
   * @defaultValue None: what it leads to is reached directly.
   */
  via?: pulumi.Input<string>;
}

/** The end of a veth pair that goes into a namespace. */
export interface VethPeerArgs {
  /** Name of the interface, such as `"eth0"`: 1 to 15 letters, digits, `_`, `-` and `.`. */
  name: pulumi.Input<string>;
  /**
   * Namespace that it lives in: the NetNamespace, or its name, `"netns_dustin"`.
   *
   * @defaultValue The host's own.
   */
  namespace?: pulumi.Input<string | NetNamespace>;
  /**
   * Addresses with prefix length, of either family: `"10.0.0.11/24"`, `"fd00::11/64"`. The end has
   * exactly these, besides the IPv6 addresses that the kernel sets by itself (link-local ones, and
   * those of router advertisements). An IPv6 address can be used at once: the kernel does not look
   * for a duplicate first.
   *
   * @defaultValue None.
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Next hop of the default route: `"10.0.0.1"`, or a list of one of each family. A link-local one,
   * `"fe80::1"`, is written without its zone.
   *
   * @defaultValue None: no default route.
   */
  gateway?: pulumi.Input<string | pulumi.Input<string>[]>;
  /**
   * Further routes over this end.
   *
   * @defaultValue None.
   */
  routes?: pulumi.Input<pulumi.Input<VethRoute>[]>;
  /**
   * MAC address, `"02:00:5e:10:00:02"`: a unicast one.
   *
   * @defaultValue Derived from host, stack and the pair's `name`: a pair that is healed has the
   * same again, and the ARP entries of its neighbours stay right.
   */
  macAddress?: pulumi.Input<string>;
}

/** Arguments of a `VethPair`. */
export interface VethPairArgs extends CommonArgs {
  /**
   * Name of the host's end, such as `"veth_dustin"`: 1 to 15 letters, digits, `_`, `-` and `.`. A
   * change replaces the pair.
   */
  name: pulumi.Input<string>;
  /**
   * Bridge that the host's end is a port of: the Bridge, or its name, `"bridge_home"`.
   *
   * @defaultValue None.
   */
  bridge?: pulumi.Input<string | Bridge>;
  /**
   * Whether the bridge may send a frame back out of the port that it came in by. An endpoint that
   * calls its own service needs that. Only with `bridge`.
   *
   * @defaultValue True on a bridge.
   */
  hairpin?: pulumi.Input<boolean>;
  /**
   * Addresses with prefix length of the host's end, of either family: `"10.0.1.1/24"`. Only without
   * `bridge`.
   *
   * @defaultValue None.
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * MTU of both ends, 68 to 65535 bytes; with an IPv6 address at least 1280 bytes.
   *
   * @defaultValue The kernel's: 1500.
   */
  mtu?: pulumi.Input<number>;
  /**
   * MAC address of the host's end, `"02:00:5e:10:00:01"`: a unicast one.
   *
   * @defaultValue Derived from host, stack and `name`: a pair that is healed has the same again.
   */
  macAddress?: pulumi.Input<string>;
  /** The other end. */
  peer: pulumi.Input<VethPeerArgs>;
}

/** The other end of a veth pair, as declared. */
export interface VethPeer {
  /** Name of the interface. */
  name: string;
  /** Name of its namespace. Absent: the host's own. */
  namespace?: string;
  /** Addresses with prefix length. Absent: none were declared. */
  addresses?: string[];
  /** Next hop of the default route, or one of each family. Absent: none was declared. */
  gateway?: string | string[];
  /** Further routes. Absent: none were declared. */
  routes?: pulumi.Unwrap<VethRoute>[];
  /** MAC address. Absent: it is derived, and `peerMacAddress` has it. */
  macAddress?: string;
}

/** All properties of a pair but those that every resource has. */
const OUTPUTS = ["name", "bridge", "hairpin", "addresses", "mtu", "macAddress", "peer", "peerMacAddress"];

/**
 * A virtual Ethernet cable. One end is on the host, as a port of a bridge mostly; the other is in a
 * network namespace, with its addresses and routes.
 *
 * @throws A preview and `up` refuse:
 * - an interface `name` or `peer.name` that is there already, unless `adopt` is true; and one of
 *   another stack always;
 * - one `name` for both ends in one namespace;
 * - an address that is loopback or multicast, or its network's own;
 * - `addresses` of the host's end together with `bridge`, and `hairpin` without it;
 * - an `mtu` below 1280 bytes together with an IPv6 address;
 * - in `peer`, two gateways of one family, a gateway beside a default route of its family in
 *   `routes`, and a next hop that neither an address of the end reaches nor a route without `via`;
 * - a route whose `via` is of the other family than its `to`;
 * - a route to where the namespace has one that is not of this pair.
 *
 * `up` fails where the bridge or the namespace is missing.
 */
export class VethPair extends HostResource {
  /** @internal */
  static readonly __pulumiType = typeOf("VethPair");

  /**
   * Whether a value is a `VethPair`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is VethPair {
    return isOfType(obj, VethPair.__pulumiType);
  }

  /** Name of the host's end. */
  declare readonly name: pulumi.Output<string>;
  /** Name of the bridge that the host's end is a port of. */
  declare readonly bridge: pulumi.Output<string | undefined>;
  /** Whether the bridge may send a frame back out of its port, as declared. */
  declare readonly hairpin: pulumi.Output<boolean | undefined>;
  /** Addresses with prefix length of the host's end, as declared. */
  declare readonly addresses: pulumi.Output<string[] | undefined>;
  /** MTU of both ends in bytes, as declared. */
  declare readonly mtu: pulumi.Output<number | undefined>;
  /** MAC address of the host's end, declared or derived. */
  declare readonly macAddress: pulumi.Output<string>;
  /** The other end, as declared. */
  declare readonly peer: pulumi.Output<VethPeer>;
  /** MAC address of the other end, declared or derived. */
  declare readonly peerMacAddress: pulumi.Output<string>;

  /**
   * Declares a veth pair.
   *
   * @param name Name of the resource in the program.
   * @param args What the pair is to be.
   * @param opts Pulumi's options of a resource, such as `dependsOn` and `protect`.
   */
  constructor(name: string, args: VethPairArgs, opts?: pulumi.CustomResourceOptions) {
    const isKnown = !pulumi.Output.isInstance(args.peer) && !(args.peer instanceof Promise);
    const peer = isKnown ? plainPeer(args.peer as VethPeerArgs) : pulumi.output(args.peer).apply(plainPeer);
    super(VethPair.__pulumiType, name, { ...args, bridge: nameOf(args.bridge), peer }, OUTPUTS, opts);
  }
}

const plainPeer = (peer: object) => ({ ...peer, namespace: nameOf((peer as VethPeerArgs).namespace) });
