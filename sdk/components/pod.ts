import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Bridge } from "../bridge";
import type { HostArgs } from "../host";
import { NetNamespace } from "../net-namespace";
import { VethPair } from "../veth-pair";

/** Arguments of `Pod`. */
export interface PodArgs {
  /** Name of the namespace. */
  name: string;
  /** A Bridge, or the name of one, that the pod is plugged into. */
  bridge: pulumi.Input<string | Bridge>;
  /** The pod's address with prefix, of either family ("10.0.0.11/24", "fd00::11/64"), or one of each. */
  address: pulumi.Input<string | string[]>;
  /** Where its default route goes; of two families, where each one's does. */
  gateway?: pulumi.Input<string | string[]>;
  nameservers?: pulumi.Input<pulumi.Input<string>[]>;
  searchDomains?: pulumi.Input<pulumi.Input<string>[]>;
  sysctls?: pulumi.Input<Record<string, pulumi.Input<string | number>>>;
  /** Name of the host's end of its cable. Default `veth_NAME`, or `veth` and a hash where that is over 15 bytes. */
  hostInterface?: string;
  /** Name of the interface inside. Default "eth0". */
  interface?: string;
  mtu?: pulumi.Input<number>;
  host?: pulumi.Input<HostArgs>;
}

/** A network namespace and the cable that plugs it into a bridge. */
export class Pod extends pulumi.ComponentResource {
  readonly namespace: NetNamespace;
  readonly veth: VethPair;
  /** The pod's (first) address without prefix, once the pod can be reached at it. */
  readonly address: pulumi.Output<string>;
  /** All of them. */
  readonly addresses: pulumi.Output<string[]>;

  constructor(name: string, args: PodArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hostnet:index:Pod", name, {}, opts);
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
