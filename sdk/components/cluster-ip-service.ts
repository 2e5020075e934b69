import * as pulumi from "@pulumi/pulumi";
import { Endpoint } from "../endpoint";
import type { HostArgs } from "../host";
import type { NatChain } from "../nat-chain";
import { type ServicePort, ServiceVip } from "../service-vip";
import { Pod } from "./pod";

/** Arguments of `ClusterIpService`. */
export interface ClusterIpServiceArgs {
  /** A NatChain or the name of one. */
  chain: pulumi.Input<string | NatChain>;
  /** Name of the service: HTTP gives DUSTIN-SVC-HTTP. */
  name: string;
  /** The virtual address, of the endpoints' family. */
  address: pulumi.Input<string>;
  ports: pulumi.Input<pulumi.Input<ServicePort>[]>;
  /** Endpoint name → who answers: a pod (of two addresses, at that of the service's family), or an address. `{ HTTP1: dustin, HTTP2: "10.0.0.21" }`. */
  endpoints: Record<string, Pod | pulumi.Input<string>>;
  host?: pulumi.Input<HostArgs>;
}

/** A virtual address and the pods that answer for it. */
export class ClusterIpService extends pulumi.ComponentResource {
  readonly vip: ServiceVip;
  readonly endpoints: Record<string, Endpoint>;
  /** What a client opens ("http://10.100.100.100:8080"), once all endpoints are there. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: ClusterIpServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("hostnet:index:ClusterIpService", name, {}, opts);
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
