/** A layout of services with two endpoints each: the commands that make all, and one more. */
export interface Shape {
  name: string;
  /** What reads a script on standard input. */
  command: string[];
  /** Services 1 to `count`. */
  all(count: number): string;
  /** Service `number`, where all before it are there. */
  oneMore(number: number): string;
}

export const PORT = 8080;
/** The endpoints of the last service are real: two addresses of the pod that answers. */
export const POD = ["10.0.0.11", "10.0.0.12"] as const;

export const vipOf = (number: number) => spread("10.100", number);
export const endpointsOf = (number: number, last: number): readonly string[] =>
  number === last ? POD : [spread("10.200", 2 * number), spread("10.200", 2 * number + 1)];
const spread = (net: string, number: number) =>
  `${net.replace(/\d+$/, (each) => String(Number(each) + (number >> 16)))}.${(number >> 8) & 255}.${number & 255}`;
export const range = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

/** kube-proxy's on nftables: a chain for each service and each endpoint, in a verdict map. */
export const nftChains: Shape = {
  name: "nft chains",
  command: ["nft", "-f", "-"],
  all: (count) =>
    [
      "add table ip bench",
      "add map ip bench service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }",
      "add chain ip bench services",
      "add rule ip bench services ip daddr . meta l4proto . th dport vmap @service-ips",
      ...["prerouting", "output"].flatMap((hook) => [
        `add chain ip bench nat-${hook} { type nat hook ${hook} priority -100; }`,
        `add rule ip bench nat-${hook} jump services`,
      ]),
      "add chain ip bench mark-for-masquerade",
      "add rule ip bench mark-for-masquerade mark set mark or 0x4000",
      ...range(count).map((number) => nftService(number, count)),
      "",
    ].join("\n"),
  oneMore: (number) => `${nftService(number, -1)}\n`,
};

function nftService(number: number, last: number): string {
  const endpoints = endpointsOf(number, last).map((address, at) => ({ address, chain: `endpoint-${number}-${at}` }));
  return [
    ...endpoints.flatMap(({ chain, address }) => [
      `add chain ip bench ${chain}`,
      `add rule ip bench ${chain} ip saddr ${address} jump mark-for-masquerade`,
      `add rule ip bench ${chain} meta l4proto udp dnat to ${address}:${PORT}`,
    ]),
    `add chain ip bench service-${number}`,
    `add rule ip bench service-${number} numgen random mod 2 vmap { ${endpoints.map(({ chain }, at) => `${at} : goto ${chain}`).join(", ")} }`,
    `add element ip bench service-ips { ${vipOf(number)} . udp . ${PORT} : goto service-${number} }`,
  ].join("\n");
}

/** kube-proxy's on iptables: a list of rules, and the same chains. */
export const iptablesChains: Shape = {
  name: "iptables",
  command: ["iptables-restore", "--noflush", "-w", "10"],
  all: (count) =>
    iptables(
      range(count),
      count,
      [":KUBE-SERVICES - [0:0]", ":KUBE-MARK-MASQ - [0:0]"],
      ["-A PREROUTING -j KUBE-SERVICES", "-A OUTPUT -j KUBE-SERVICES", "-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000"],
    ),
  oneMore: (number) => iptables([number], -1),
};

function iptables(numbers: number[], last: number, chains: string[] = [], rules: string[] = []): string {
  const services = numbers.map((number) => {
    const endpoints = endpointsOf(number, last).map((address, at) => ({ address, chain: `KUBE-SEP-${number}-${at}` }));
    const service = `KUBE-SVC-${number}`;
    return {
      chains: [service, ...endpoints.map(({ chain }) => chain)].map((chain) => `:${chain} - [0:0]`),
      rules: [
        `-A KUBE-SERVICES -d ${vipOf(number)}/32 -p udp -m udp --dport ${PORT} -j ${service}`,
        ...endpoints.flatMap(({ chain, address }, at) => [
          `-A ${service} ${at === 0 ? "-m statistic --mode random --probability 0.5 " : ""}-j ${chain}`,
          `-A ${chain} -s ${address}/32 -j KUBE-MARK-MASQ`,
          `-A ${chain} -p udp -m udp -j DNAT --to-destination ${address}:${PORT}`,
        ]),
      ],
    };
  });
  return [
    "*nat",
    ...chains,
    ...services.flatMap((each) => each.chains),
    ...rules,
    ...services.flatMap((each) => each.rules),
    "COMMIT",
    "",
  ].join("\n");
}
