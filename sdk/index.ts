/**
 * A Linux host's network as a Pulumi program. Six resources, from the cable to the virtual address, and three components made of them.
 *
 * To add a resource: a class here (`sdk/<name>.ts`), its definition in `provider/resources/<name>.ts`, one line in each index.
 */
export { Bridge, type BridgeArgs } from "./bridge";
export { ClusterIpService, type ClusterIpServiceArgs } from "./components/cluster-ip-service";
export { Pod, type PodArgs } from "./components/pod";
export { PodNetwork, type PodNetworkArgs } from "./components/pod-network";
export type { CommonArgs } from "./dynamic";
export { Endpoint, type EndpointArgs, type ServiceEndpoint } from "./endpoint";
export type { ConnectionArgs, HostArgs, JumpHostArgs } from "./host";
export { NatChain, type NatChainArgs, type NatRule } from "./nat-chain";
export { NetNamespace, type NetNamespaceArgs } from "./net-namespace";
export { type BulkService, type ServicePort, ServiceVip, type ServiceVipArgs } from "./service-vip";
export { VethPair, type VethPairArgs, type VethPeer, type VethPeerArgs } from "./veth-pair";
