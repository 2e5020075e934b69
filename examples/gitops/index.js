import * as pulumi from "@pulumi/pulumi";
import { ClusterIpService, NatChain, PodNetwork } from "pulumi-hostnet";

const home = new PodNetwork("home", { bridge: "bridge_home", cidr: "10.0.0.0/24" });
const count = new pulumi.Config().requireNumber("pods");
const pods = Array.from({ length: count }, (_, at) => home.pod(`pod${at}`, { address: `10.0.0.${10 + at}` }));

export const { url } = new ClusterIpService("http", {
  chain: new NatChain("services", { name: "SERVICES" }),
  name: "HTTP",
  address: "10.100.100.100",
  ports: [{ port: 80, targetPort: 8080 }],
  endpoints: Object.fromEntries(pods.map((pod, at) => [`HTTP${at}`, pod])),
});
