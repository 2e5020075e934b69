import type * as pulumi from "@pulumi/pulumi";
import type { Bridge } from "./bridge";
import { type CommonArgs, HostResource, nameOf } from "./dynamic";
import { isOfType, typeOf } from "./types";
import type { VethPair } from "./veth-pair";

/** Arguments of a `Macvlan`. */
export interface MacvlanArgs extends CommonArgs {
  /**
   * Name of the interface, such as `"mv_lan"`: 1 to 15 letters, digits, `_`, `-` and `.`. A change
   * replaces it.
   */
  name: pulumi.Input<string>;
  /**
   * Interface that it is on top of: a Bridge, a VethPair (its end on the host), or the name of an
   * Ethernet interface of the host, `"eth0"`. It is used, and never changed or deleted. A change
   * replaces the macvlan.
   */
  link: pulumi.Input<string | Bridge | VethPair>;
  /**
   * Which macvlans on the same `link` it reaches. `"bridge"`: those in mode `bridge`, directly.
   * `"private"`: none. `"vepa"`: those that a switch behind `link` sends its frames back to.
   * `"passthru"`: there are no others, as it has all of `link`, the MAC address too. A change to
   * `"passthru"` or from it replaces the macvlan, and any other is made in place.
   *
   * @defaultValue `"bridge"`
   */
  mode?: pulumi.Input<"bridge" | "private" | "vepa" | "passthru">;
  /**
   * Addresses with prefix length, of either family: `"192.0.2.5/24"`, `"fd00::5/64"`. The interface
   * has exactly these, besides the IPv6 addresses that the kernel sets by itself (link-local ones,
   * and those of router advertisements).
   *
   * @defaultValue None is set, and what is there stays, such as what a DHCP client has got.
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * MTU, 68 to 65535 bytes, and no more than that of `link`; with an IPv6 address at least 1280
   * bytes.
   *
   * @defaultValue That of `link`.
   */
  mtu?: pulumi.Input<number>;
  /**
   * MAC address, `"02:00:5e:10:00:01"`: a unicast one, that nothing else on `link` has. Not in mode
   * `passthru`.
   *
   * @defaultValue Derived from host, stack and `name`: one that is healed has the same again.
   */
  macAddress?: pulumi.Input<string>;
}

/** All properties of a macvlan but those that every resource has. */
const OUTPUTS = ["name", "link", "mode", "addresses", "mtu", "macAddress"];

/**
 * A further MAC address of a link: an interface of its own, with addresses of its own, in the
 * network behind another one. It needs the kernel's module `macvlan`. By default Linux answers ARP
 * for all of its addresses on each interface. So the link answers for a macvlan's too, at its own
 * MAC address, unless its sysctl `arp_ignore` is 1.
 *
 * @throws A preview and `up` refuse:
 * - an interface `name` that is there already, unless `adopt` is true; and one of another stack
 *   always;
 * - its own `name` as `link`;
 * - a `macAddress` in mode `passthru`, and one that another macvlan of the program has on the same
 *   `link`;
 * - mode `passthru` where another macvlan of the program is on the same `link`;
 * - an address that is loopback or multicast, or its network's own;
 * - an `mtu` below 1280 bytes together with an IPv6 address;
 * - the same value twice in `addresses`.
 *
 * `up` fails where `link` is missing, is a macvlan itself, is a port of a bridge, or has a smaller
 * MTU or the same MAC address.
 */
export class Macvlan extends HostResource {
  /** @internal */
  static readonly __pulumiType = typeOf("Macvlan");

  /**
   * Whether a value is a `Macvlan`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is Macvlan {
    return isOfType(obj, Macvlan.__pulumiType);
  }

  /** Name of the interface. */
  declare readonly name: pulumi.Output<string>;
  /** Name of the interface that it is on top of. */
  declare readonly link: pulumi.Output<string>;
  /** Whom it reaches besides what is behind its link, as declared. */
  declare readonly mode: pulumi.Output<"bridge" | "private" | "vepa" | "passthru" | undefined>;
  /** Addresses with prefix length, as declared. */
  declare readonly addresses: pulumi.Output<string[] | undefined>;
  /** MTU in bytes, as declared. */
  declare readonly mtu: pulumi.Output<number | undefined>;
  /** MAC address, declared or derived. Undefined in mode `passthru`, where it is its link's. */
  declare readonly macAddress: pulumi.Output<string | undefined>;

  /**
   * Declares a macvlan.
   *
   * @param name Name of the resource in the program.
   * @param args What the macvlan is to be.
   * @param opts Pulumi's options of a resource, such as `dependsOn` and `protect`.
   */
  constructor(name: string, args: MacvlanArgs, opts?: pulumi.CustomResourceOptions) {
    super(Macvlan.__pulumiType, name, { ...args, link: nameOf(args.link) }, OUTPUTS, opts);
  }
}
