import * as pulumi from "@pulumi/pulumi";
import { ClusterIpService, type HostArgs, NatChain, type Pod, PodNetwork } from "pulumi-hostnet";

const NETWORKS = { east: "10.1.0.0/24", west: "10.2.0.0/24" };
const count = new pulumi.Config().getNumber("pods") ?? 1;

/** How a machine is reached, from its part of the configuration: `east:address` and so on. */
function machine(name: string): HostArgs {
  const config = new pulumi.Config(name);
  return {
    connection: {
      host: config.require("address"),
      user: "root",
      privateKey: config.requireSecret("privateKey"),
      hostKey: config.require("hostKey"),
    },
    // A machine that a change has cut off takes it back by itself.
    rollbackAfterSeconds: 20,
  };
}

const machines = Object.entries(NETWORKS).map(([name, cidr]) => {
  const host = machine(name);
  const home = new PodNetwork(name, { host, bridge: "bridge_home", cidr });
  const pods = Array.from({ length: count }, (_, at): [string, Pod] => [`${name}${at}`, home.pod(`${name}${at}`)]);
  return { name, host, pods };
});

// On each machine the same virtual address, and behind it the pods of both.
const endpoints = Object.fromEntries(machines.flatMap(({ pods }) => pods));
for (const { name, host } of machines) {
  new ClusterIpService(name, {
    host,
    chain: new NatChain(name, { host, name: "SERVICES" }),
    name: "HTTP",
    address: "10.100.0.80",
    ports: [{ port: 80, targetPort: 8080 }],
    endpoints,
  });
}
