/**
 * The network of a Linux host in a Pulumi program: seven resources, and three components made of
 * them.
 *
 * `new Bridge(name, args, opts)` declares a resource. `name` is its name in the program, `args` say
 * what it is to be, and `opts` are Pulumi's own options. A property that is an `Input` takes a
 * value, a promise of one, or the `Output` of another resource.
 *
 * Each argument is an output of the resource too. Where a program leaves an argument out, that
 * output is `undefined`.
 *
 * What a resource refuses stands with it under "Throws". Besides, every one refuses:
 *
 * - a value that its argument does not take, an argument that it does not know, and one that is
 *   missing: the error names the argument, the value, the reason and the cure;
 * - to be the same thing as another resource of the program, such as the same interface of a host;
 * - a host that cannot be reached, lacks a tool, or gives no right to change its network.
 *
 * A preview says all of this where it can know it, and `up` before it touches anything.
 *
 * @module pulumi-hostnet
 */
export { Bridge, type BridgeArgs } from "./bridge";
export { ClusterIpService, type ClusterIpServiceArgs } from "./components/cluster-ip-service";
export { Pod, type PodArgs } from "./components/pod";
export { type NetworkPodArgs, PodNetwork, type PodNetworkArgs } from "./components/pod-network";
export type { CommonArgs } from "./dynamic";
export { Endpoint, type EndpointArgs } from "./endpoint";
export type { ConnectionArgs, HostArgs, JumpHostArgs } from "./host";
export { Macvlan, type MacvlanArgs } from "./macvlan";
export { NatChain, type NatChainArgs, type NatRule } from "./nat-chain";
export { NetNamespace, type NetNamespaceArgs } from "./net-namespace";
export type { BulkService, ServiceAddress, ServiceEndpoint, ServicePort } from "./service";
export { ServiceVip, type ServiceVipArgs } from "./service-vip";
export { VethPair, type VethPairArgs, type VethPeer, type VethPeerArgs, type VethRoute } from "./veth-pair";
