import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { Bridge } from "../bridge";
import type { HostArgs } from "../host";
import { Pod, type PodArgs } from "./pod";

/** Arguments of `PodNetwork`. */
export interface PodNetworkArgs {
  /** Name of the bridge, 1 to 15 bytes. */
  bridge: string;
  /** The network ("10.0.0.0/24"), /8 to /30. The bridge takes its first address and is the pods' gateway. */
  cidr: string;
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
  /** The bridge's address, without prefix. */
  readonly gateway: string;
  private readonly taken = new Map<number, string>();
  private readonly network: number;
  private readonly prefix: number;

  constructor(
    name: string,
    private readonly args: PodNetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hostnet:index:PodNetwork", name, {}, opts);
    [this.network, this.prefix] = parseCidr(args.cidr);
    this.gateway = toText(this.network + 1);
    this.taken.set(1, "the bridge");
    this.bridge = new Bridge(
      name,
      {
        name: args.bridge,
        host: args.host,
        mtu: args.mtu,
        addresses: [`${this.gateway}/${this.prefix}`],
        forward: args.forward ?? true,
        masquerade: (args.masquerade ?? true) ? [args.cidr] : [],
      },
      { parent: this },
    );
    this.registerOutputs({ bridge: this.bridge.name, gateway: this.gateway });
  }

  /**
   * A pod on this network. Its address is the one given, or follows from its name, so that other pods coming and going don't change it
   * (two names that fall on one address: the later one takes the next). Throws when the address is taken or outside.
   */
  pod(name: string, args: Partial<Omit<PodArgs, "address" | "bridge" | "host">> & { address?: string } = {}): Pod {
    const offset = args.address === undefined ? this.free(name) : this.offsetOf(args.address);
    this.taken.set(offset, name);
    const address = `${toText(this.network + offset)}/${this.prefix}`;
    const { mtu, nameservers, host } = this.args;
    const settings = { mtu, nameservers, name, gateway: this.gateway, ...args, address, bridge: this.bridge, host };
    return new Pod(name, settings, { parent: this });
  }

  private free(name: string): number {
    const last = 2 ** (32 - this.prefix) - 2;
    const start = createHash("sha256").update(name).digest().readUInt32BE(0) % (last - 1);
    for (let tries = 0; tries < last - 1; tries++) {
      const offset = 2 + ((start + tries) % (last - 1));
      if (!this.taken.has(offset)) return offset;
    }
    throw new Error(`cidr: ${this.args.cidr} has no address left for pod "${name}": choose a larger network`);
  }

  private offsetOf(address: string): number {
    const offset = toNumber(address) - this.network;
    if (!(offset >= 1 && offset <= 2 ** (32 - this.prefix) - 2))
      throw new Error(
        `address: ${address} is not within ${this.args.cidr}: choose one between its first and its last address`,
      );
    const holder = this.taken.get(offset);
    if (holder !== undefined) throw new Error(`address: ${address} is taken by ${holder}: choose another`);
    return offset;
  }
}

function parseCidr(cidr: string): [network: number, prefix: number] {
  const [address = "", length = ""] = cidr.split("/");
  const network = toNumber(address);
  const prefix = Number(length);
  if (Number.isNaN(network) || !/^\d+$/.test(length) || prefix < 8 || prefix > 30 || network % 2 ** (32 - prefix) !== 0)
    throw new Error(`cidr: "${cidr}" is no IPv4 network of prefix length 8 to 30: write one such as 10.0.0.0/24`);
  return [network, prefix];
}

/** NaN for what is no IPv4 address. */
function toNumber(address: string): number {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number) ?? [];
  return parts.length === 4 && parts.every((part) => part <= 255)
    ? parts.reduce((sum, part) => sum * 256 + part, 0)
    : Number.NaN;
}

const toText = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
