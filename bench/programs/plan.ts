/**
 * What the programs and the script of `bench:up` all make: pods on one bridge, each behind a
 * service of its own. It is plain data, so the three differ only in how they make it.
 */

/** One pod and its service. */
export interface PodPlan {
  key: string;
  namespace: string;
  veth: string;
  peer: string;
  address: string;
  service: string;
  endpoint: string;
  vip: string;
}

export const BRIDGE = {
  name: "bridge_bench",
  addresses: ["10.0.0.1/16"],
  forward: true,
  masquerade: ["10.0.0.0/16"],
};
export const GATEWAY = "10.0.0.1";
export const PREFIX_LENGTH = 16;
export const NAMESERVERS = ["8.8.8.8"];
export const CHAIN = { name: "BENCH-SERVICES", hooks: ["PREROUTING" as const, "OUTPUT" as const] };
export const VIP_RANGE = "10.100.0.0/16";
export const PORT = 8080;

/** How many pods a program is asked for, by the environment variable BENCH_PODS. */
export const podCount = (): number => Number(process.env.BENCH_PODS ?? "1");

/** The first `count` pods; no more than the bridge's network has room for. */
export function podPlans(count: number): PodPlan[] {
  return Array.from({ length: count }, (_, index) => {
    const host = `${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
    return {
      key: `pod${index}`,
      namespace: `netns_${index}`,
      veth: `veth_${index}`,
      peer: `veth_ns_${index}`,
      address: `10.0.${host}`,
      service: `HTTP${index}`,
      endpoint: `POD${index}`,
      vip: `10.100.${host}`,
    };
  });
}
