import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { Bridge } from "../bridge";
import type { HostArgs } from "../host";
import { Network } from "./network";
import { Pod, type PodArgs } from "./pod";

/** Arguments of `PodNetwork`. */
export interface PodNetworkArgs {
  /** Name of the bridge, 1 to 15 bytes. */
  bridge: string;
  /**
   * The network ("10.0.0.0/24" or "fd00::/64"), or one of each family. The bridge takes its first address and is the pods' gateway; in two
   * networks a pod has the same number in both. IPv4 /8 to /30, IPv6 /8 to /126.
   */
  cidr: string | readonly string[];
  /** Let pods reach other networks and be reached. Default true. */
  forward?: boolean;
  /** Let what pods send leave under the host's address. Default true. */
  masquerade?: boolean;
  mtu?: pulumi.Input<number>;
  nameservers?: pulumi.Input<pulumi.Input<string>[]>;
  host?: pulumi.Input<HostArgs>;
}

/** A bridge that hands out addresses to pods. */
export class PodNetwork extends pulumi.ComponentResource {
  readonly bridge: Bridge;
  /** The bridge's address in the first network, without prefix. */
  readonly gateway: string;
  private readonly taken = new Map<number, string>();
  private readonly networks: readonly Network[];

  constructor(
    name: string,
    private readonly args: PodNetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hostnet:index:PodNetwork", name, {}, opts);
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
   * A pod on this network. Its address is the one given (of two networks one is enough), or follows from its name, so that other pods coming and going
   * don't change it (two names that fall on one address: the later one takes the next). Throws when the address is taken or outside.
   */
  pod(name: string, args: Partial<Omit<PodArgs, "address" | "bridge" | "host">> & { address?: string } = {}): Pod {
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
