/** The pods with our resources. */
import { Bridge, type ConnectionArgs, Endpoint, NatChain, NetNamespace, ServiceVip, VethPair } from "pulumi-hostnet";
import { BRIDGE, CHAIN, GATEWAY, NAMESERVERS, PORT, PREFIX_LENGTH, podCount, podPlans, VIP_RANGE } from "./plan.js";

/** Where they are made: here, or over ssh. */
const connection = process.env.BENCH_CONNECTION;
const host = connection === undefined ? undefined : { connection: JSON.parse(connection) as ConnectionArgs };

const bridge = new Bridge("bridge", { ...BRIDGE, host });
const chain = new NatChain("services", { ...CHAIN, vipRange: VIP_RANGE, host });

for (const pod of podPlans(podCount())) {
  const namespace = new NetNamespace(pod.key, { name: pod.namespace, nameservers: NAMESERVERS, host });
  new VethPair(pod.key, {
    name: pod.veth,
    host,
    bridge,
    peer: { name: pod.peer, namespace, addresses: [`${pod.address}/${PREFIX_LENGTH}`], gateway: GATEWAY },
  });
  const service = new ServiceVip(pod.key, {
    chain,
    host,
    name: pod.service,
    address: pod.vip,
    ports: [{ port: PORT, protocol: "tcp", targetPort: PORT }],
  });
  new Endpoint(pod.key, { service, name: pod.endpoint, address: pod.address, host });
}
