import { Bridge, Endpoint, NatChain, NetNamespace, ServiceVip, VethPair } from "pulumi-hostnet";

const home = new Bridge("home", {
  name: "bridge_home",
  addresses: ["10.0.0.1/24"],
  forward: true, // net.ipv4.ip_forward=1, FORWARD accepts in and out of the bridge
  masquerade: ["10.0.0.0/24"], // POSTROUTING, source 10.0.0.0/24
});

for (const [who, last] of [
  ["dustin", 11],
  ["leah", 21],
] as const) {
  const netns = new NetNamespace(who, { name: `netns_${who}`, nameservers: ["8.8.8.8"] });
  new VethPair(who, {
    name: `veth_${who}`,
    bridge: home, // a resource, or the plain name of one
    peer: { name: `veth_ns_${who}`, namespace: netns, addresses: [`10.0.0.${last}/24`], gateway: "10.0.0.1" },
  });
}

const services = new NatChain("services", { name: "DUSTIN-SERVICES", hooks: ["PREROUTING", "OUTPUT"] });
const http = new ServiceVip("http", {
  chain: services,
  name: "HTTP",
  address: "10.100.100.100",
  ports: [{ port: 8080, protocol: "tcp", targetPort: 8080 }],
});
new Endpoint("http1", { service: http, name: "HTTP1", address: "10.0.0.11" });
new Endpoint("http2", { service: http, name: "HTTP2", address: "10.0.0.21" });
