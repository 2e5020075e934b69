import type * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource } from "./dynamic";
import type { BulkService } from "./service-vip";

/** A plain DNAT rule, in iptables' words. */
export interface NatRule {
  /** Destination address or network of either family that the rule is for (`-d`). */
  destination: pulumi.Input<string>;
  /** `-p`: "tcp" or "udp". */
  protocol: pulumi.Input<string>;
  /** `--dport`, 1 to 65535. Omitted: every port. */
  destinationPort?: pulumi.Input<number>;
  /** `--to-destination`: an address of the same family, or "10.0.0.11:8080", "[fd00::11]:8080". */
  toDestination: pulumi.Input<string>;
}

/** Arguments of `NatChain`. */
export interface NatChainArgs extends CommonArgs {
  /**
   * Name of the chain in table nat, at most 28 bytes. Services below it are named after it: DUSTIN-SERVICES has DUSTIN-SVC-… and DUSTIN-SEP-….
   * A change replaces the chain.
   */
  name: pulumi.Input<string>;
  /** Built-in chains that jump to it (on nftables: hooks of its own). Default PREROUTING (traffic from elsewhere) and OUTPUT (from the host itself). */
  hooks?: pulumi.Input<pulumi.Input<"PREROUTING" | "INPUT" | "OUTPUT" | "POSTROUTING">[]>;
  /**
   * Default "iptables": chains as the article makes them. "nftables": a table of its own, `hostnet-NAME`, in which a service is a few elements of maps
   * shared by all, so that thousands cost packets and changes no more than one. With it, what an address of a service doesn't serve is refused at
   * once, and addresses of `vipRange` that no service has are dropped. A change moves everything in the chain: the new one is complete before the old
   * one goes. Needs nft 1.0.6 or later and Linux 5.9 or later; hooks other than PREROUTING and OUTPUT are refused.
   */
  backend?: pulumi.Input<"iptables" | "nftables">;
  /** Plain DNAT rules in the chain itself, before the services. */
  rules?: pulumi.Input<pulumi.Input<NatRule>[]>;
  /**
   * The network that service addresses of its family come from ("10.100.0.0/16", "fd00:100::/112"), and nothing else: the host gets a route for it when it has
   * none, and what no service of it takes is dropped.
   */
  vipRange?: pulumi.Input<string>;
  /**
   * Services in bulk, each as a `ServiceVip` without `chain`, with its endpoints: one resource however many there are, and a change touches only what
   * differs. `ServiceVip`s may be there beside them, with other names, addresses and ports. In one `up` `ServiceVip`s and their `Endpoint`s can become
   * entries of the list (same names: nothing fails meanwhile) and the other way round (they refuse connections for the moment in between).
   */
  services?: pulumi.Input<pulumi.Input<BulkService>[]>;
}

/** A chain in table nat that services hang below. In IPv6's table nat it is as long as something is in it there: a service of that family, or a rule. */
export class NatChain extends HostResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly hooks: pulumi.Output<string[] | undefined>;
  declare readonly backend: pulumi.Output<string | undefined>;
  declare readonly rules: pulumi.Output<pulumi.Unwrap<NatRule>[] | undefined>;
  declare readonly vipRange: pulumi.Output<string | undefined>;
  declare readonly services: pulumi.Output<pulumi.Unwrap<BulkService>[] | undefined>;
  /** What a client opens of each of `services`, by its name: `url` and `hostPort` as a `ServiceVip` has them. */
  declare readonly vips: pulumi.Output<Record<string, { url: string; hostPort: string }> | undefined>;

  constructor(name: string, args: NatChainArgs, opts?: pulumi.CustomResourceOptions) {
    super("NatChain", name, args, ["vips"], opts);
  }
}
