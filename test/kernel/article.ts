import { request, startServer, type Tally } from "../support/traffic.js";
import type { Stack } from "./stack.js";

export const VIP = "10.100.100.100";
export const PODS = [
  { name: "dustin", address: "10.0.0.11" },
  { name: "leah", address: "10.0.0.21" },
] as const;

/** The article's topology with these pods, one resource after the other. */
export async function makeArticle(
  stack: Stack,
  pods: readonly { name: string; address: string }[] = PODS,
): Promise<void> {
  await makeNetwork(stack);
  for (const { name, address } of pods) await makePod(stack, name, address);
  await makeService(stack);
  for (const [at, { address }] of pods.entries()) await makeEndpoint(stack, at + 1, address);
}

export const makeNetwork = (stack: Stack) =>
  stack.make("bridge", "home", {
    name: "bridge_home",
    addresses: ["10.0.0.1/24"],
    forward: true,
    masquerade: ["10.0.0.0/24"],
  });

export async function makePod(stack: Stack, name: string, address: string): Promise<void> {
  await stack.make("netNamespace", `ns ${name}`, { name: `netns_${name}`, nameservers: ["8.8.8.8"] });
  const peer = {
    name: `veth_ns_${name}`,
    namespace: `netns_${name}`,
    addresses: [`${address}/24`],
    gateway: "10.0.0.1",
  };
  await stack.make("vethPair", `veth ${name}`, { name: `veth_${name}`, bridge: "bridge_home", peer });
}

export async function makeService(stack: Stack): Promise<void> {
  await stack.make("natChain", "services", { name: "DUSTIN-SERVICES", hooks: ["PREROUTING", "OUTPUT"] });
  const ports = [{ port: 8080, protocol: "tcp", targetPort: 8080 }];
  await stack.make("serviceVip", "http", { chain: "DUSTIN-SERVICES", name: "HTTP", address: VIP, ports });
}

export const makeEndpoint = (stack: Stack, number: number, address: string) =>
  stack.make("endpoint", `http${number}`, { service: "DUSTIN-SERVICES/HTTP", name: `HTTP${number}`, address });

/** The HTTP server of a pod: it answers with the pod's name. */
export const serve = (name: string) => startServer({ netns: `netns_${name}`, name, port: 8080 });

export const ask = (asked: { from?: string; address: string; count?: number; timeoutMs?: number }): Promise<Tally> =>
  request({
    ...(asked.from ? { netns: `netns_${asked.from}` } : {}),
    url: `http://${asked.address}:8080/`,
    count: asked.count ?? 1,
    timeoutMs: asked.timeoutMs ?? 3000,
  });
