import * as pulumi from "@pulumi/pulumi";
import { Endpoint } from "../endpoint";
import type { HostArgs } from "../host";
import type { NatChain } from "../nat-chain";
import type { ServicePort } from "../service";
import { ServiceVip } from "../service-vip";
import { isOfType } from "../types";
import { Pod } from "./pod";

/** Arguments of a `ClusterIpService`. */
export interface ClusterIpServiceArgs {
  /** NatChain that it hangs below: the resource, or its name, `"DUSTIN-SERVICES"`. */
  chain: pulumi.Input<string | NatChain>;
  /** Name of the service, such as `"HTTP"`: see `ServiceVipArgs.name`. */
  name: string;
  /** Virtual address, `"10.100.100.100"` or `"fd00:100::1"`. */
  address: pulumi.Input<string>;
  /** One port or more. */
  ports: pulumi.Input<pulumi.Input<ServicePort>[]>;
  /**
   * What answers, by the name of the endpoint: a Pod, at its address of the family of `address`, or
   * an address, such as `"10.0.0.21"`.
   */
  endpoints: Record<string, Pod | pulumi.Input<string>>;
  /**
   * Where it lives: see `CommonArgs.host`.
   *
   * @defaultValue This machine.
   */
  host?: pulumi.Input<HostArgs>;
}

/**
 * A service and the pods that answer for it: a `ServiceVip` and an `Endpoint` for each.
 *
 * @throws What its `ServiceVip` and its `Endpoint`s refuse.
 */
export class ClusterIpService extends pulumi.ComponentResource {
  /** @internal */
  static readonly __pulumiType = "hostnet:index:ClusterIpService";

  /**
   * Whether a value is a `ClusterIpService`. Policies ask so.
   *
   * @param obj - Any value.
   */
  static override isInstance(obj: unknown): obj is ClusterIpService {
    return isOfType(obj, ClusterIpService.__pulumiType);
  }

  /** Its service. */
  readonly vip: ServiceVip;
  /** Its endpoints, by name. */
  readonly endpoints: Record<string, Endpoint>;
  /** URL of its first port, `"http://10.100.100.100:8080"`, known when all endpoints are there. */
  readonly url: pulumi.Output<string>;

  /**
   * Declares a service and its endpoints.
   *
   * @param name Name of the component in the program.
   * @param args What the service is to be.
   * @param opts Pulumi's options of a component, such as `dependsOn` and `parent`.
   */
  constructor(name: string, args: ClusterIpServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super(ClusterIpService.__pulumiType, name, {}, opts);
    const { host, chain, address, ports } = args;
    this.vip = new ServiceVip(name, { host, chain, name: args.name, address, ports }, { parent: this });
    this.endpoints = Object.fromEntries(
      Object.entries(args.endpoints).map(([endpoint, who]) => [
        endpoint,
        new Endpoint(
          `${name}-${endpoint}`,
          {
            host,
            service: this.vip,
            name: endpoint,
            address: who instanceof Pod ? addressFor(who, address) : who,
          },
          { parent: this },
        ),
      ]),
    );
    this.url = pulumi
      .all([this.vip.url, Object.values(this.endpoints).map((each) => each.chainName)])
      .apply(([url]) => url);
    this.registerOutputs({ url: this.url });
  }
}

/** The address of a pod that is of the family of its service's. */
function addressFor(pod: Pod, service: pulumi.Input<string>): pulumi.Output<string> {
  const isIp6 = (address: string) => address.includes(":");
  return pulumi
    .all([pod.addresses, pod.address, service])
    .apply(([all, first, vip]) => all.find((each) => isIp6(each) === isIp6(vip)) ?? first);
}
