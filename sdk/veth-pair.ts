import * as pulumi from "@pulumi/pulumi";
import type { Bridge } from "./bridge";
import { type CommonArgs, HostResource, nameOf } from "./dynamic";
import type { NetNamespace } from "./net-namespace";

/** The end of a veth pair that goes into a namespace. */
export interface VethPeerArgs {
  /** Name of the interface: 1 to 15 bytes. */
  name: pulumi.Input<string>;
  /** A NetNamespace or the name of one. Omitted: the host itself. */
  namespace?: pulumi.Input<string | NetNamespace>;
  /**
   * Addresses with prefix, of either family ("10.0.0.11/24", "fd00::11/64"); the end has exactly these, besides the IPv6 ones that the kernel sets by itself
   * (link-local, and what routers advertise). IPv6 ones are usable at once, without duplicate address detection.
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Default route of the namespace goes via this address, or via one of each family. A link-local one ("fe80::1") is written without zone. */
  gateway?: pulumi.Input<string | pulumi.Input<string>[]>;
  /**
   * Further routes over this end: `to` a network or "default", `via` a next hop of its family (omitted: directly). "default" is of the family of `via`, without
   * it of IPv4; IPv6's may be written "::/0".
   */
  routes?: pulumi.Input<pulumi.Input<{ to: pulumi.Input<string>; via?: pulumi.Input<string> }>[]>;
  /** Default: derived from what the pair is, so that neighbours' ARP entries stay right when it is healed. */
  macAddress?: pulumi.Input<string>;
}

/** Arguments of `VethPair`. */
export interface VethPairArgs extends CommonArgs {
  /** Name of the host's end: 1 to 15 bytes. A change replaces the pair. */
  name: pulumi.Input<string>;
  /** A Bridge, or the name of one, that the host's end is a port of. */
  bridge?: pulumi.Input<string | Bridge>;
  /** Lets frames out of the port that they came in by, which an endpoint that calls its own VIP needs. Default true on a bridge. */
  hairpin?: pulumi.Input<boolean>;
  /** Addresses with prefix, of either family, of the host's end, when it is not on a bridge. */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Bytes, 68 to 65535, of both ends, with IPv6 addresses 1280 and more. Default: the kernel's (1500). */
  mtu?: pulumi.Input<number>;
  /** Of the host's end. Default: derived from what the pair is. */
  macAddress?: pulumi.Input<string>;
  peer: pulumi.Input<VethPeerArgs>;
}

/** A veth end as it stands. */
export interface VethPeer {
  name: string;
  namespace?: string;
  addresses?: string[];
  gateway?: string | string[];
  routes?: { to: string; via?: string }[];
  macAddress?: string;
}

/**
 * A virtual Ethernet cable from the host (a bridge, mostly) into a network namespace, with addresses and routes there.
 *
 * Refused when an interface of either name exists that this stack did not make, unless `adopt` is true.
 */
export class VethPair extends HostResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly bridge: pulumi.Output<string | undefined>;
  declare readonly hairpin: pulumi.Output<boolean | undefined>;
  declare readonly addresses: pulumi.Output<string[] | undefined>;
  declare readonly mtu: pulumi.Output<number | undefined>;
  /** The MAC address of the host's end, given or derived. */
  declare readonly macAddress: pulumi.Output<string>;
  declare readonly peer: pulumi.Output<VethPeer>;
  /** The MAC address of the other end, given or derived. */
  declare readonly peerMacAddress: pulumi.Output<string>;

  constructor(name: string, args: VethPairArgs, opts?: pulumi.CustomResourceOptions) {
    const isKnown = !pulumi.Output.isInstance(args.peer) && !(args.peer instanceof Promise);
    const peer = isKnown ? plainPeer(args.peer as VethPeerArgs) : pulumi.output(args.peer).apply(plainPeer);
    super("VethPair", name, { ...args, bridge: nameOf(args.bridge), peer }, ["macAddress", "peerMacAddress"], opts);
  }
}

const plainPeer = (peer: object) => ({ ...peer, namespace: nameOf((peer as VethPeerArgs).namespace) });
