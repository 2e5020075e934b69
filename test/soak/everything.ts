import type { Wanted } from "../program/any.js";

/** One way to lay services out, and one family. */
export interface Kind {
  id: string;
  backend: "iptables" | "nftables";
  family: "ip" | "ip6";
  /** Keeps networks and node ports of the kinds apart. */
  number: number;
}

export const KINDS: readonly Kind[] = [
  { id: "i4", backend: "iptables", family: "ip", number: 1 },
  { id: "n4", backend: "nftables", family: "ip", number: 2 },
  { id: "i6", backend: "iptables", family: "ip6", number: 3 },
  { id: "n6", backend: "nftables", family: "ip6", number: 4 },
];

/** Addresses of a kind, by their last part. */
export function network({ family, number }: Kind) {
  const isIp6 = family === "ip6";
  const within = (base: number) => (last: number) => (isIp6 ? `fd00:${base}::${last}` : `10.${base}.0.${last}`);
  const prefix = isIp6 ? 64 : 24;
  const [pod, vip, external] = [40 + number, 60 + number, 80 + number].map(within);
  return {
    pod: pod!,
    vip: vip!,
    external: external!,
    cidr: (last: number) => `${pod!(last)}/${prefix}`,
    pods: isIp6 ? `fd00:${40 + number}::/64` : `10.${40 + number}.0.0/24`,
    vipRange: isIp6 ? `fd00:${60 + number}::/64` : `10.${60 + number}.0.0/24`,
  };
}

/**
 * All that a host can have of one kind, in stages that need those before them: services with
 * endpoints of their own, with carried ones, in bulk, and without any. Version 2 changes some.
 */
export function declared(kind: Kind, version: number): Wanted[][] {
  const { id, backend, number } = kind;
  const { pod, vip, external, cidr, pods, vipRange } = network(kind);
  const changed = version > 1;
  const name = (word: string) => `${id}-${word}`;
  const chain = `${id.toUpperCase()}-SVCS`;
  const podsAt = { p1: 11, p2: 12, p3: 13, c: 20 };
  const [one, two, three] = [pod(11), pod(12), pod(13)];
  const web = { port: 80, targetPort: 8080 };
  const hosts = Object.entries(podsAt);
  const service = (word: string, args: object): Wanted => ["ServiceVip", name(word), { chain, name: word, ...args }];
  const endpoint = (of: string, word: string, args: object): Wanted => [
    "Endpoint",
    name(`${of}-${word}`),
    { service: `${chain}/${of}`, name: `${of}${word}`, ...args },
  ];
  const bulk = {
    name: "BULK",
    address: vip(3),
    ports: [
      { name: "web", ...web },
      { name: "dns", port: 53, protocol: "udp" },
    ],
    endpoints: [
      { name: "BULK1", address: one, weight: 2 },
      { name: "BULK2", address: two },
      ...(changed ? [{ name: "BULK3", address: three }] : []),
    ],
  };
  return [
    [
      [
        "Bridge",
        name("bridge"),
        { name: `br_${id}`, addresses: [cidr(1)], mtu: 1400, forward: true, masquerade: [pods] },
      ],
      ...hosts.map(([word]): Wanted => ["NetNamespace", name(word), { name: `${id}_${word}` }]),
    ],
    hosts.map(
      ([word, last]): Wanted => [
        "VethPair",
        name(word),
        {
          name: `${id}_${word}_v`,
          bridge: `br_${id}`,
          peer: { name: "eth0", namespace: `${id}_${word}`, addresses: [cidr(last)], gateway: pod(1) },
        },
      ],
    ),
    [
      [
        "NatChain",
        name("chain"),
        {
          name: chain,
          backend,
          vipRange,
          rules: [{ destination: external(9), protocol: "tcp", destinationPort: 80, toDestination: one }],
          services: [bulk],
        },
      ],
    ],
    [
      service("OWN", {
        address: vip(1),
        ports: [{ ...web, name: "web", nodePort: 30_080 + number }, ...(changed ? [{ name: "more", port: 81 }] : [])],
        externalIPs: [external(1)],
        loadBalancerSourceRanges: [pods],
        externalTrafficPolicy: "Local",
      }),
      service("CARRIED", {
        address: vip(2),
        ports: [web],
        endpoints: [
          { name: "CARRIED1", address: one },
          { name: "CARRIED2", address: two, weight: changed ? 4 : 1 },
        ],
      }),
      service("STICKY", {
        address: vip(4),
        ports: [web],
        sessionAffinity: "ClientIP",
        sessionAffinityTimeoutSeconds: 600,
      }),
      service("NONE", { address: vip(5), ports: [web] }),
    ],
    [
      endpoint("OWN", "1", { address: one, weight: 3 }),
      endpoint("OWN", "2", { address: two, local: false }),
      endpoint("OWN", "3", { address: three, weight: 0 }),
      endpoint("STICKY", "1", { address: one }),
      endpoint("STICKY", "2", { address: two }),
      ...(changed ? [endpoint("NONE", "1", { address: one })] : []),
    ],
  ];
}
