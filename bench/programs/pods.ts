/** The pods with our resources. */
import { Bridge, Endpoint, NatChain, NetNamespace, ServiceVip, VethPair } from "pulumi-hostnet";
import { BRIDGE, CHAIN, GATEWAY, NAMESERVERS, PORT, PREFIX_LENGTH, podCount, podPlans, VIP_RANGE } from "./plan.js";

const bridge = new Bridge("bridge", BRIDGE);
const chain = new NatChain("services", { ...CHAIN, vipRange: VIP_RANGE });

for (const pod of podPlans(podCount())) {
  const namespace = new NetNamespace(pod.key, { name: pod.namespace, nameservers: NAMESERVERS });
  new VethPair(pod.key, {
    name: pod.veth,
    bridge,
    peer: { name: pod.peer, namespace, addresses: [`${pod.address}/${PREFIX_LENGTH}`], gateway: GATEWAY },
  });
  const service = new ServiceVip(pod.key, {
    chain,
    name: pod.service,
    address: pod.vip,
    ports: [{ port: PORT, protocol: "tcp", targetPort: PORT }],
  });
  new Endpoint(pod.key, { service, name: pod.endpoint, address: pod.address });
}
