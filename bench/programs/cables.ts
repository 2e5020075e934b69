/** BENCH_CABLES namespaces with cables, with our resources. */
import { Bridge, NetNamespace, VethPair } from "pulumi-hostnet";
import { CABLE_BRIDGE, CABLE_GATEWAY, CABLE_PEER, cablePlans } from "./cable-plan.js";

const bridge = new Bridge("bridge", CABLE_BRIDGE);

for (const { namespace: name, veth, address } of cablePlans(Number(process.env.BENCH_CABLES ?? "1"))) {
  const namespace = new NetNamespace(name, { name });
  new VethPair(name, {
    name: veth,
    bridge,
    hairpin: false,
    peer: { name: CABLE_PEER, namespace, addresses: [address], gateway: CABLE_GATEWAY },
  });
}
