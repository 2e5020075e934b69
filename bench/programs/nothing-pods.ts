/** As many resources as `pods.ts` has, with the same inputs and references, that do nothing. */
import { Nothing } from "./nothing.js";
import { BRIDGE, CHAIN, GATEWAY, NAMESERVERS, PORT, PREFIX_LENGTH, podCount, podPlans, VIP_RANGE } from "./plan.js";

const bridge = new Nothing("Bridge", "bridge", BRIDGE);
const chain = new Nothing("NatChain", "services", { ...CHAIN, vipRange: VIP_RANGE });

for (const pod of podPlans(podCount())) {
  const namespace = new Nothing("NetNamespace", pod.key, { name: pod.namespace, nameservers: NAMESERVERS });
  new Nothing("VethPair", pod.key, {
    name: pod.veth,
    bridge: bridge.name,
    peer: {
      name: pod.peer,
      namespace: namespace.name,
      addresses: [`${pod.address}/${PREFIX_LENGTH}`],
      gateway: GATEWAY,
    },
  });
  const service = new Nothing("ServiceVip", pod.key, {
    chain: chain.name,
    name: pod.service,
    address: pod.vip,
    ports: [{ port: PORT, protocol: "tcp", targetPort: PORT }],
  });
  new Nothing("Endpoint", pod.key, { service: service.id, name: pod.endpoint, address: pod.address });
}
