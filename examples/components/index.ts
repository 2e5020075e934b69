import { ClusterIpService, NatChain, PodNetwork } from "pulumi-hostnet";

const home = new PodNetwork("home", { bridge: "bridge_home", cidr: "10.0.0.0/24", nameservers: ["8.8.8.8"] });
const dustin = home.pod("dustin", { address: "10.0.0.11" });
const leah = home.pod("leah", { address: "10.0.0.21" });

const http = new ClusterIpService("http", {
  chain: new NatChain("services", { name: "DUSTIN-SERVICES" }),
  name: "HTTP",
  address: "10.100.100.100",
  ports: [{ port: 8080 }],
  endpoints: { HTTP1: dustin, HTTP2: leah },
});

export const url = http.url;
