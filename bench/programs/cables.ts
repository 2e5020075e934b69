/** BENCH_CABLES namespaces with cables of the shape BENCH_SHAPE, with our resources. */
import { Bridge, NetNamespace, VethPair } from "pulumi-hostnet";
import { CABLE_BRIDGE, CABLE_PEER, cablePlans, needBridge, type Shape } from "./cable-plan.js";

const plans = cablePlans(process.env.BENCH_SHAPE as Shape, Number(process.env.BENCH_CABLES));
const { name: bridgeName, address: bridgeAddress } = CABLE_BRIDGE;
const bridge = needBridge(plans) ? new Bridge("bridge", { name: bridgeName, addresses: [bridgeAddress] }) : undefined;

for (const { namespace: name, veth, hostAddress, address, gateway } of plans) {
  const namespace = new NetNamespace(name, { name });
  new VethPair(name, {
    name: veth,
    ...(bridge ? { bridge, hairpin: false } : { addresses: [hostAddress!] }),
    peer: { name: CABLE_PEER, namespace, addresses: [address], gateway },
  });
}
