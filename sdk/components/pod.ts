import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Bridge } from "../bridge";
import type { HostArgs } from "../host";
import { NetNamespace } from "../net-namespace";
import { isOfType } from "../types";
import { VethPair } from "../veth-pair";

/** Arguments of a `Pod`. */
export interface PodArgs {
  /** Name of the namespace, such as `"dustin"`: 1 to 64 letters, digits, `_`, `-` and `.`. */
  name: string;
  /** Bridge that it is plugged into: the Bridge, or its name, `"bridge_home"`. */
  bridge: pulumi.Input<string | Bridge>;
  /**
   * Address with prefix length, `"10.0.0.11/24"` or `"fd00::11/64"`, or a list of one of each
   * family.
   */
  address: pulumi.Input<string | string[]>;
  /**
   * Next hop of the default route: `"10.0.0.1"`, or a list of one of each family.
   *
   * @defaultValue None: no default route.
   */
  gateway?: pulumi.Input<string | string[]>;
  /**
   * DNS servers of either family, three at most: `"8.8.8.8"`.
   *
   * @defaultValue None.
   */
  nameservers?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * DNS search domains: `"cluster.local"`.
   *
   * @defaultValue None.
   */
  searchDomains?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Settings of the kernel inside, by their dotted names under `net.`:
   * `{ "net.ipv4.conf.all.rp_filter": 0 }`.
   *
   * @defaultValue None.
   */
  sysctls?: pulumi.Input<Record<string, pulumi.Input<string | number>>>;
  /**
   * Name of the host's end of its cable, such as `"veth_dustin"`: 1 to 15 letters, digits, `_`, `-`
   * and `.`.
   *
   * @defaultValue `veth_NAME`, or `veth` and a hash of NAME where that is longer than 15 bytes.
   */
  hostInterface?: string;
  /**
   * Name of the interface inside, such as `"eth0"`.
   *
   * @defaultValue `"eth0"`
   */
  interface?: string;
  /**
   * MTU of both ends of its cable, 68 to 65535 bytes; with an IPv6 address at least 1280 bytes.
   *
   * @defaultValue The kernel's: 1500.
   */
  mtu?: pulumi.Input<number>;
  /**
   * Where it lives: see `CommonArgs.host`.
   *
   * @defaultValue This machine.
   */
  host?: pulumi.Input<HostArgs>;
}

/**
 * A network namespace, and the veth pair that plugs it into a bridge.
 *
 * @throws What its `NetNamespace` and its `VethPair` refuse.
 */
export class Pod extends pulumi.ComponentResource {
  /** @internal */
  static readonly __pulumiType = "hostnet:index:Pod";

  /**
   * Whether a value is a `Pod`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is Pod {
    return isOfType(obj, Pod.__pulumiType);
  }

  /** Its namespace. */
  readonly namespace: NetNamespace;
  /** Its cable. */
  readonly veth: VethPair;
  /** Its first address without prefix length, `"10.0.0.11"`, known when it can be reached there. */
  readonly address: pulumi.Output<string>;
  /** All its addresses without prefix length. */
  readonly addresses: pulumi.Output<string[]>;

  /**
   * Declares a pod.
   *
   * @param name Name of the component in the program.
   * @param args What the pod is to be.
   * @param opts Pulumi's options of a component, such as `dependsOn` and `parent`.
   */
  constructor(name: string, args: PodArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Pod.__pulumiType, name, {}, opts);
    const inside = { parent: this };
    const { host, nameservers, searchDomains, sysctls } = args;
    this.namespace = new NetNamespace(name, { name: args.name, host, nameservers, searchDomains, sysctls }, inside);
    this.veth = new VethPair(
      name,
      {
        name: args.hostInterface ?? hostInterface(args.name),
        host,
        bridge: args.bridge,
        mtu: args.mtu,
        peer: {
          name: args.interface ?? "eth0",
          namespace: this.namespace,
          addresses: pulumi.output(args.address).apply((each) => [each].flat()),
          gateway: args.gateway,
        },
      },
      inside,
    );
    this.addresses = this.veth.peer.apply(({ addresses }) => (addresses ?? []).map((each) => each.split("/")[0]!));
    this.address = this.addresses.apply(([first]) => first ?? "");
    this.registerOutputs({
      namespace: this.namespace.name,
      address: this.address,
      addresses: this.addresses,
    });
  }
}

function hostInterface(name: string): string {
  const plain = `veth_${name}`;
  return Buffer.byteLength(plain) <= 15 ? plain : `veth${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
