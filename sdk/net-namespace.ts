import type * as pulumi from "@pulumi/pulumi";
import { type CommonArgs, HostResource } from "./dynamic";
import { isOfType, typeOf } from "./types";

/** Arguments of a `NetNamespace`. */
export interface NetNamespaceArgs extends CommonArgs {
  /**
   * Name as `ip netns` shows it, such as `"netns_dustin"`: 1 to 64 letters, digits, `_`, `-` and
   * `.`. A change replaces the namespace.
   */
  name: pulumi.Input<string>;
  /**
   * DNS servers of either family, three at most: `"8.8.8.8"`, `"2001:4860:4860::8888"`. They stand
   * in /etc/netns/NAME/resolv.conf, which `ip netns exec` puts over /etc/resolv.conf.
   *
   * @defaultValue None.
   */
  nameservers?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * DNS search domains for the same file: `"cluster.local"`.
   *
   * @defaultValue None.
   */
  searchDomains?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Settings of the kernel inside, by their dotted names under `net.`:
   * `{ "net.ipv4.conf.all.rp_filter": 0 }`. One of an interface is set when the interface is there;
   * a later `up` names those whose interface is missing.
   *
   * @defaultValue None.
   */
  sysctls?: pulumi.Input<Record<string, pulumi.Input<string | number>>>;
}

/** All properties of a namespace but those that every resource has. */
const OUTPUTS = ["name", "nameservers", "searchDomains", "sysctls", "path"];

/**
 * A named network namespace, with its `lo` up.
 *
 * @throws A preview and `up` refuse:
 * - a `name` that is there already, unless `adopt` is true; and one of another stack always;
 * - a /etc/netns/NAME/resolv.conf that is there already and says something else, in the same way;
 * - a fourth address in `nameservers`: the resolver reads three;
 * - a key of `sysctls` that is not under `net.`.
 */
export class NetNamespace extends HostResource {
  /** @internal */
  static readonly __pulumiType = typeOf("NetNamespace");

  /**
   * Whether a value is a `NetNamespace`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is NetNamespace {
    return isOfType(obj, NetNamespace.__pulumiType);
  }

  /** Name as `ip netns` shows it. */
  declare readonly name: pulumi.Output<string>;
  /** DNS servers, as declared. */
  declare readonly nameservers: pulumi.Output<string[] | undefined>;
  /** DNS search domains, as declared. */
  declare readonly searchDomains: pulumi.Output<string[] | undefined>;
  /** Settings of the kernel inside, as declared. */
  declare readonly sysctls: pulumi.Output<Record<string, string | number> | undefined>;
  /** File that keeps it, for `nsenter --net=…` and container runtimes: `"/run/netns/NAME"`. */
  declare readonly path: pulumi.Output<string>;

  /**
   * Declares a network namespace.
   *
   * @param name Name of the resource in the program.
   * @param args What the namespace is to be.
   * @param opts Pulumi's options of a resource, such as `dependsOn` and `protect`.
   */
  constructor(name: string, args: NetNamespaceArgs, opts?: pulumi.CustomResourceOptions) {
    super(NetNamespace.__pulumiType, name, args, OUTPUTS, opts);
  }
}
