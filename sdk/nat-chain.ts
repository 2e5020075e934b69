import type * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource } from "./dynamic";
import type { BulkService, ServiceAddress } from "./service";
import { isOfType, typeOf } from "./types";

/** A plain DNAT rule, in the words of iptables. */
export interface NatRule {
  /**
   * Address or network that the rule is for (`-d`), of either family: `"10.100.100.100"`,
   * `"10.100.0.0/16"`.
   */
  destination: pulumi.Input<string>;
  /** Protocol (`-p`): `"tcp"`, `"udp"` or `"sctp"`. */
  protocol: pulumi.Input<string>;
  /**
   * Port number that the rule is for (`--dport`), 1 to 65535.
   *
   * @defaultValue Every port.
   */
  destinationPort?: pulumi.Input<number>;
  /**
   * Where it leads (`--to-destination`), of the family of `destination`: `"10.0.0.11"`, or with a
   * port `"10.0.0.11:8080"`, `"[fd00::11]:8080"`.
   */
  toDestination: pulumi.Input<string>;
}

/** Arguments of a `NatChain`. */
export interface NatChainArgs extends CommonArgs {
  /**
   * Name of the chain in table nat, such as `"DUSTIN-SERVICES"`: 1 to 28 letters, digits, `_`, `-`
   * and `.`. The chains of its services are named after it: DUSTIN-SVC-… and DUSTIN-SEP-…. A change
   * replaces the chain.
   */
  name: pulumi.Input<string>;
  /**
   * Built-in chains that jump to it; on nftables, hooks of its own. `"PREROUTING"` sees what comes
   * from elsewhere, `"OUTPUT"` what the host itself sends. `"INPUT"` and `"POSTROUTING"` are for
   * iptables alone.
   *
   * @defaultValue `["PREROUTING","OUTPUT"]`
   */
  hooks?: pulumi.Input<pulumi.Input<"PREROUTING" | "INPUT" | "OUTPUT" | "POSTROUTING">[]>;
  /**
   * What the chain and its services are made of. `"iptables"`: chains as the article makes them.
   * `"nftables"`: a table of its own, `hostnet-NAME`, in which a service is a few elements of maps
   * that all services share, so that thousands cost packets and changes no more than one. It
   * refuses at once what an address of a service does not serve, and drops what goes to an address
   * of `vipRange` that no service has. It needs nft 1.0.6 and Linux 5.9, or later.
   *
   * A change moves everything in the chain: the new one is complete before the old one goes.
   *
   * @defaultValue `"iptables"`
   */
  backend?: pulumi.Input<"iptables" | "nftables">;
  /**
   * Plain DNAT rules in the chain itself, before its services.
   *
   * @defaultValue None.
   */
  rules?: pulumi.Input<pulumi.Input<NatRule>[]>;
  /**
   * Network that the addresses of its services come from, and nothing else: `"10.100.0.0/16"`,
   * `"fd00:100::/112"`. The host gets a route for it where it has none, and what goes to an address
   * that no service has is dropped.
   *
   * @defaultValue None: an address may be any, and gets a route of its own.
   */
  vipRange?: pulumi.Input<string>;
  /**
   * Services that the chain carries, each as a `ServiceVip` without `chain`, with its endpoints.
   * They are one resource however many they are, and a change touches only what differs.
   * `ServiceVip` resources may stand beside them. In one `up` they may become entries of this list
   * under the same names, and no connection fails. The other way round they refuse connections for
   * a moment.
   *
   * @defaultValue Its services are `ServiceVip` resources.
   */
  services?: pulumi.Input<pulumi.Input<BulkService>[]>;
}

/** All properties of a chain but those that every resource has. */
const OUTPUTS = ["name", "hooks", "backend", "rules", "vipRange", "services", "vips"];

/**
 * A chain in table nat that services hang below. In the table nat of IPv6 it is there as long as it
 * has a service or a rule of that family.
 *
 * @throws A preview and `up` refuse:
 * - a chain `name` that is there already, unless `adopt` is true; one of another stack always; and
 *   a name that means something to iptables, such as `ACCEPT`;
 * - a `name` with the word `SVC` or `SEP` in it, and one that shares its prefix with another
 *   NatChain of the host, as `DUSTIN` and `DUSTIN-SERVICES` do;
 * - on nftables, `hooks` other than `PREROUTING` and `OUTPUT`;
 * - a rule whose `toDestination` is of the other family than its `destination`;
 * - a `vipRange` with loopback, link-local or multicast addresses in it;
 * - a `vipRange` that holds a network which the host is in, or that the host has a route of its own
 *   to, which leads elsewhere;
 * - in `services`, what a `ServiceVip` refuses; a name, an address and port, or the name of an
 *   endpoint that is there twice; and an address outside `vipRange`;
 * - a chain that is in the other variant of iptables (legacy or nft).
 *
 * `destroy` fails, and leaves the chain, while a service of another stack or a rule that is not
 * ours is in it.
 */
export class NatChain extends HostResource {
  /** @internal */
  static readonly __pulumiType = typeOf("NatChain");

  /**
   * Whether a value is a `NatChain`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is NatChain {
    return isOfType(obj, NatChain.__pulumiType);
  }

  /** Name of the chain. */
  declare readonly name: pulumi.Output<string>;
  /** Built-in chains that jump to it, as declared. */
  declare readonly hooks: pulumi.Output<string[] | undefined>;
  /** What it is made of, as declared. */
  declare readonly backend: pulumi.Output<string | undefined>;
  /** Plain DNAT rules, as declared. */
  declare readonly rules: pulumi.Output<pulumi.Unwrap<NatRule>[] | undefined>;
  /** Network that the addresses of its services come from, as declared. */
  declare readonly vipRange: pulumi.Output<string | undefined>;
  /** Services that it carries, as declared. */
  declare readonly services: pulumi.Output<pulumi.Unwrap<BulkService>[] | undefined>;
  /** What a client opens of each of `services`, by the name of the service. */
  declare readonly vips: pulumi.Output<Record<string, ServiceAddress> | undefined>;

  /**
   * Declares a chain.
   *
   * @param name Name of the resource in the program.
   * @param args What the chain is to be.
   * @param opts Pulumi's options of a resource, such as `dependsOn` and `protect`.
   */
  constructor(name: string, args: NatChainArgs, opts?: pulumi.CustomResourceOptions) {
    super(NatChain.__pulumiType, name, args, OUTPUTS, opts);
  }
}
