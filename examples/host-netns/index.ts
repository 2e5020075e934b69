import { Bridge, Endpoint, NatChain, NetNamespace, ServiceVip, VethPair } from "pulumi-hostnet";

// A host of its own: all below is made in it, and the machine's own network stays as it is.
const router = new NetNamespace("router", { name: "router" });
const host = { netns: router.name };

const home = new Bridge("home", {
  host,
  name: "bridge_home",
  addresses: ["10.0.0.1/24"],
  forward: true,
  masquerade: ["10.0.0.0/24"],
});
const services = new NatChain("services", { host, name: "DUSTIN-SERVICES" });
const http = new ServiceVip("http", {
  host,
  chain: services,
  name: "HTTP",
  address: "10.100.100.100",
  ports: [{ port: 8080 }],
});

for (const [at, who] of ["dustin", "leah"].entries()) {
  const address = `10.0.0.${10 * at + 11}`;
  const netns = new NetNamespace(who, { host, name: `netns_${who}` });
  new VethPair(who, {
    host,
    name: `veth_${who}`,
    bridge: home,
    peer: { name: "eth0", namespace: netns, addresses: [`${address}/24`], gateway: "10.0.0.1" },
  });
  new Endpoint(who, { host, service: http, name: `HTTP${at + 1}`, address });
}

export const url = http.url;
