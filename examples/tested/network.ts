import { ClusterIpService, NatChain, PodNetwork } from "pulumi-hostnet";

/** A service that so many pods answer for. What is worth a test is a function. */
export function network(count: number) {
  const home = new PodNetwork("home", { bridge: "bridge_home", cidr: "10.0.0.0/24" });
  const pods = Array.from({ length: count }, (_, at) => home.pod(`pod${at}`));
  const http = new ClusterIpService("http", {
    chain: new NatChain("services", { name: "SERVICES" }),
    name: "HTTP",
    address: "10.100.100.100",
    ports: [{ port: 80, targetPort: 8080 }],
    endpoints: Object.fromEntries(pods.map((pod, at) => [`HTTP${at}`, pod])),
  });
  return { url: http.url };
}
