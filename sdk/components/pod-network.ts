import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { Bridge } from "../bridge";
import type { HostArgs } from "../host";
import { isOfType } from "../types";
import { Network } from "./network";
import { Pod, type PodArgs } from "./pod";

/** Arguments of a `PodNetwork`. */
export interface PodNetworkArgs {
  /** Name of the bridge, such as `"bridge_home"`: 1 to 15 letters, digits, `_`, `-` and `.`. */
  bridge: string;
  /**
   * Network of the pods, `"10.0.0.0/24"` or `"fd00::/64"`, or a list of one of each family. Its
   * prefix length is 8 to 30, or of IPv6 8 to 126. The bridge takes the first address and is the
   * gateway of the pods. Of two networks a pod has the same number in both.
   */
  cidr: string | readonly string[];
  /**
   * Whether pods reach other networks, and are reached from there: see `BridgeArgs.forward`.
   *
   * @defaultValue `true`
   */
  forward?: boolean;
  /**
   * Whether what pods send leaves the host under the host's own address.
   *
   * @defaultValue `true`
   */
  masquerade?: boolean;
  /**
   * MTU of the bridge and of its pods, 68 to 65535 bytes; with an IPv6 network at least 1280 bytes.
   *
   * @defaultValue The kernel's: 1500.
   */
  mtu?: pulumi.Input<number>;
  /**
   * DNS servers of the pods, of either family, three at most: `"8.8.8.8"`.
   *
   * @defaultValue None.
   */
  nameservers?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Where it lives, and its pods: see `CommonArgs.host`.
   *
   * @defaultValue This machine.
   */
  host?: pulumi.Input<HostArgs>;
}

/** Arguments of a pod on a `PodNetwork`. */
export interface NetworkPodArgs extends Pick<PodArgs, "searchDomains" | "sysctls" | "hostInterface" | "interface"> {
  /**
   * Name of the namespace, such as `"dustin"`: 1 to 64 letters, digits, `_`, `-` and `.`.
   *
   * @defaultValue The name of the component.
   */
  name?: string;
  /**
   * Address without prefix length, `"10.0.0.11"`. Of two networks one address is enough.
   *
   * @defaultValue Derived from the name of the component, so that other pods that come and go do
   * not change it. Where two names fall on one address, the later one takes the next.
   */
  address?: string;
  /**
   * Next hop of the default route: `"10.0.0.1"`, or a list of one of each family.
   *
   * @defaultValue The bridge.
   */
  gateway?: pulumi.Input<string | string[]>;
  /**
   * DNS servers of either family, three at most: `"8.8.8.8"`.
   *
   * @defaultValue Those of the network.
   */
  nameservers?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * MTU of both ends of its cable, 68 to 65535 bytes; with an IPv6 address at least 1280 bytes.
   *
   * @defaultValue That of the network.
   */
  mtu?: pulumi.Input<number>;
}

/**
 * A bridge that hands out addresses to pods.
 *
 * @throws What its `Bridge` refuses. The constructor throws an Error where `cidr` is not a network,
 * or one of each family, or has another prefix length.
 */
export class PodNetwork extends pulumi.ComponentResource {
  /** @internal */
  static readonly __pulumiType = "hostnet:index:PodNetwork";

  /**
   * Whether a value is a `PodNetwork`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is PodNetwork {
    return isOfType(obj, PodNetwork.__pulumiType);
  }

  /** Its bridge. */
  readonly bridge: Bridge;
  /** Address of the bridge in the first network, without prefix length: `"10.0.0.1"`. */
  readonly gateway: string;
  private readonly taken = new Map<number, string>();
  private readonly networks: readonly Network[];

  /**
   * Declares a network of pods.
   *
   * @param name Name of the component in the program.
   * @param args What the network is to be.
   * @param opts Pulumi's options of a component, such as `dependsOn` and `parent`.
   */
  constructor(
    name: string,
    private readonly args: PodNetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(PodNetwork.__pulumiType, name, {}, opts);
    this.networks = parseCidrs(args.cidr);
    this.gateway = this.networks[0]!.at(1);
    this.taken.set(1, "the bridge");
    this.bridge = new Bridge(
      name,
      {
        name: args.bridge,
        host: args.host,
        mtu: args.mtu,
        addresses: this.addresses(1),
        forward: args.forward ?? true,
        masquerade: (args.masquerade ?? true) ? this.networks.map(({ cidr }) => cidr) : [],
      },
      { parent: this },
    );
    this.registerOutputs({ bridge: this.bridge.name, gateway: this.gateway });
  }

  /**
   * Declares a pod on this network.
   *
   * @param name Name of the component in the program.
   * @param args What the pod is to be.
   * @returns The pod.
   * @throws An Error where the `address` is taken or outside the network, or no address is left.
   */
  pod(name: string, args: NetworkPodArgs = {}): Pod {
    const offset = args.address === undefined ? this.free(name) : this.offsetOf(args.address);
    this.taken.set(offset, name);
    const address = this.addresses(offset);
    const { mtu, nameservers, host } = this.args;
    const gateways = this.networks.map((network) => network.at(1));
    const gateway = gateways.length === 1 ? this.gateway : gateways;
    const settings = { mtu, nameservers, name, gateway, ...args, address, bridge: this.bridge, host };
    return new Pod(name, settings, { parent: this });
  }

  /** What has a number, with prefix, in each network. */
  private addresses(offset: number): string[] {
    return this.networks.map((network) => `${network.at(offset)}/${network.prefix}`);
  }

  private get cidrs(): string {
    return this.networks.map(({ cidr }) => cidr).join(" and ");
  }

  private free(name: string): number {
    const last = Math.min(...this.networks.map((network) => network.last));
    const start = createHash("sha256").update(name).digest().readUInt32BE(0) % (last - 1);
    for (let tries = 0; tries < last - 1; tries++) {
      const offset = 2 + ((start + tries) % (last - 1));
      if (!this.taken.has(offset)) return offset;
    }
    throw new Error(`cidr: ${this.cidrs} has no address left for pod "${name}": choose a larger network`);
  }

  private offsetOf(address: string): number {
    const [offset] = this.networks.flatMap((network) => network.offsetOf(address) ?? []);
    if (offset === undefined || this.networks.some(({ last }) => offset > last))
      throw new Error(
        `address: ${address} is not within ${this.cidrs}: choose one between its first and its last address`,
      );
    const holder = this.taken.get(offset);
    if (holder !== undefined) throw new Error(`address: ${address} is taken by ${holder}: choose another`);
    return offset;
  }
}

function parseCidrs(cidr: string | readonly string[]): Network[] {
  const networks = [cidr].flat().map((each) => Network.parse(each));
  if (networks.length === 0 || networks.length !== new Set(networks.map(({ isIp6 }) => isIp6)).size)
    throw new Error(
      `cidr: ${JSON.stringify(cidr)} is not one network, or one of each family: write one such as 10.0.0.0/24, or ["10.0.0.0/24", "fd00::/64"]`,
    );
  return networks;
}
