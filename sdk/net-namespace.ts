import type * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource } from "./dynamic";

/** Arguments of `NetNamespace`. */
export interface NetNamespaceArgs extends CommonArgs {
  /** Name as `ip netns` shows it: 1 to 64 letters, digits, "_", "-", ".". A change replaces the namespace. */
  name: pulumi.Input<string>;
  /** Up to three DNS servers, of either family, for /etc/netns/NAME/resolv.conf, which `ip netns exec` puts in place. */
  nameservers?: pulumi.Input<pulumi.Input<string>[]>;
  /** DNS search domains for the same file. */
  searchDomains?: pulumi.Input<pulumi.Input<string>[]>;
  /** Sysctls inside the namespace, dotted, under "net.": `{ "net.ipv4.conf.all.rp_filter": "0" }`. */
  sysctls?: pulumi.Input<Record<string, pulumi.Input<string | number>>>;
}

/**
 * A named network namespace with its `lo` up.
 *
 * Refused when one of that name exists that this stack did not make, unless `adopt` is true.
 */
export class NetNamespace extends HostResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly nameservers: pulumi.Output<string[] | undefined>;
  declare readonly searchDomains: pulumi.Output<string[] | undefined>;
  declare readonly sysctls: pulumi.Output<Record<string, string | number> | undefined>;
  /** The file that keeps it, for `nsenter --net=…` and container runtimes ("/run/netns/NAME"). */
  declare readonly path: pulumi.Output<string>;

  constructor(name: string, args: NetNamespaceArgs, opts?: pulumi.CustomResourceOptions) {
    super("NetNamespace", name, args, ["path"], opts);
  }
}
