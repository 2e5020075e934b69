import fc from "fast-check";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import type { Kind } from "./lifecycles.js";

/** Arguments that a resource takes, by the names of what there is. */
export interface Names {
  bridges: readonly string[];
  namespaces: readonly string[];
  chains: readonly string[];
  services: readonly string[];
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const byte = fc.nat(255);
const port = fc.integer({ min: 1, max: 65535 });
const protocol = fc.constantFrom("tcp", "udp", "sctp");
const mac = fc
  .array(byte, { minLength: 5, maxLength: 5 })
  .map((bytes) => ["02", ...bytes.map((each) => each.toString(16).padStart(2, "0"))].join(":"));
const LEAST_MTU = 1280;
const mtu = fc.integer({ min: LEAST_MTU, max: 9000 });

/** Few, so that two resources often want the same. */
const subnet = fc.constantFrom("10.7.1", "10.7.2", "10.7.3");
const host = fc.integer({ min: 1, max: 6 });
const inNet = fc.tuple(subnet, host).map(([net, last]) => `${net}.${last}`);
const withPrefix = fc.tuple(inNet, fc.constantFrom(24, 25, 32)).map(([address, prefix]) => `${address}/${prefix}`);
const network = subnet.map((net) => `${net}.0/24`);
/** From where clients may come: networks, one address, all there is. */
const source = fc.constantFrom("10.7.50.0/24", "10.7.50.0/30", "10.7.51.7/32", "0.0.0.0/0");
/** Each in two spellings. */
const subnet6 = fc.constantFrom("fd00:7:1", "FD00:7:0002", "fd00:7:3");
const withPrefix6 = fc.tuple(subnet6, host).map(([net, last]) => `${net}::${last}/64`);
const network6 = subnet6.map((net) => `${net}::/64`);
const vip = fc.integer({ min: 1, max: 4 }).map((last) => `10.7.100.${last}`);
const route = fc.record(
  { to: fc.constantFrom("10.8.0.0/16", "10.9.0.0/24", "10.9.9.9/32", "default") },
  { requiredKeys: ["to"] },
);

/** As JSON: an argument that is undefined is left out. */
const args = (model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Inputs> => fc.record(model).map(said);
const said = (record: Inputs): Inputs =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const list = <T>(of: fc.Arbitrary<T>, maxLength = 2) => fc.uniqueArray(of, { maxLength });

/** The same of the other family, for one in four: 10.7.1.2:80 becomes [fd00:7:1::2]:80. */
const ofEither = <T extends Inputs>(of: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.tuple(of, fc.nat(3)).map(([each, luck]) => (luck > 0 ? each : toIp6(each)));

/** IPv4 addresses, alone, with a prefix or a port, in a value of any depth, as ones of IPv6. */
export const toIp6 = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value)
      .replace(
        /"10\.7\.(\d+)\.(\d+)(?:\/(\d+)|:(\d+))?"/g,
        (_all, net: string, last: string, prefix?: string, port?: string) => {
          const address = `fd00:7:${net}::${last === "0" ? "" : last}`;
          if (port !== undefined) return `"[${address}]:${port}"`;
          return prefix === undefined ? `"${address}"` : `"${address}/${96 + Number(prefix)}"`;
        },
      )
      .replaceAll('"0.0.0.0/0"', '"::/0"'),
  ) as T;

/** The addresses of one interface. Two in one subnet have one prefix length. */
const addresses = fc.oneof(
  list(withPrefix),
  fc.tuple(list(withPrefix), list(withPrefix6)).map((both) => both.flat()),
);

const peer = ({ namespaces }: Names) =>
  fc
    .tuple(
      args({
        name: fc.constantFrom("eth0", "eth1"),
        namespace: some(namespaces),
        macAddress: optional(mac),
      }),
      optional(fc.tuple(subnet, host)),
      fc.boolean(),
      list(route, 2),
      list(withPrefix6, 1),
    )
    .map(([named, at, gateway, routes, addresses6]) => ({
      ...named,
      ...(at && { addresses: [`${at[0]}.${at[1]}/24`, ...addresses6] }),
      ...(at && gateway && { gateway: `${at[0]}.${at[1] === 1 ? 2 : 1}` }),
      ...(routes.length > 0 && { routes: routes.filter(({ to }) => !(at && gateway && to === "default")) }),
    }));

const endpoint = {
  name: fc.constantFrom("E1", "E2", "E10"),
  address: inNet,
  weight: optional(fc.constantFrom(0, 1, 3, 100)),
  ready: optional(fc.boolean()),
  serving: optional(fc.boolean()),
  terminating: optional(fc.boolean()),
  local: optional(fc.boolean()),
};

const service = {
  name: fc.constantFrom("WEB", "DNS"),
  address: vip,
  ports: fc.uniqueArray(
    args({
      name: optional(port.map((number) => `p${number}`)),
      port: fc.constantFrom(53, 80),
      protocol: optional(protocol),
      targetPort: optional(port),
      nodePort: optional(port),
    }),
    {
      minLength: 1,
      maxLength: 3,
      selector: (each) => `${each.port} ${each.protocol ?? "tcp"}`,
    },
  ),
  sessionAffinity: optional(fc.constantFrom("None", "ClientIP")),
  sessionAffinityTimeoutSeconds: optional(fc.constantFrom(1, 300, 86_400)),
  loadBalancerSourceRanges: optional(list(source)),
  externalIPs: optional(list(fc.constantFrom("10.7.102.1", "10.7.102.2"))),
  externalTrafficPolicy: optional(fc.constantFrom("Cluster", "Local")),
  internalTrafficPolicy: optional(fc.constantFrom("Cluster", "Local")),
  endpoints: optional(fc.uniqueArray(args(endpoint), { maxLength: 3, selector: ({ name }) => name })),
};

/** A service without what says something of what it has not: an affinity, a way in from outside. */
const anyService = (more: Record<string, fc.Arbitrary<unknown>> = {}): fc.Arbitrary<Inputs> =>
  ofEither(
    args({ ...more, ...service }).map(({ sessionAffinityTimeoutSeconds, loadBalancerSourceRanges, ...rest }) => {
      const { sessionAffinity, externalIPs = [], ports } = rest as Inputs & { externalIPs?: []; ports: Inputs[] };
      const isOutside = externalIPs.length > 0 || ports.some(({ nodePort }) => nodePort !== undefined);
      return {
        ...rest,
        ...(sessionAffinity === "ClientIP" && said({ sessionAffinityTimeoutSeconds })),
        ...(isOutside && said({ loadBalancerSourceRanges })),
      };
    }),
  );

const ofKind: Record<Kind, (names: Names) => fc.Arbitrary<Inputs>> = {
  bridge: ({ bridges }) =>
    args({
      name: some(bridges),
      addresses: optional(addresses),
      mtu: optional(mtu),
      macAddress: optional(mac),
      stp: optional(fc.boolean()),
      vlanFiltering: optional(fc.boolean()),
      promiscuous: optional(fc.boolean()),
      forward: optional(fc.boolean()),
      masquerade: optional(fc.oneof(list(network), list(fc.oneof(network, network6)))),
    }),
  netNamespace: ({ namespaces }) =>
    args({
      name: some(namespaces),
      nameservers: optional(list(inNet, 3)),
      searchDomains: optional(list(fc.constantFrom("cluster.local", "example.org", "a."))),
      sysctls: optional(
        fc.dictionary(
          fc.constantFrom("net.ipv4.ip_forward", "net.ipv4.conf.all.rp_filter", "net.ipv4.conf.eth0.rp_filter"),
          fc.constantFrom("0", 1),
          { maxKeys: 2 },
        ),
      ),
    }),
  vethPair: (names) =>
    fc.boolean().chain((port) =>
      args({
        name: fc.constantFrom("fz_v1", "fz_v2", "fz_v3"),
        mtu: optional(mtu),
        macAddress: optional(mac),
        ...(port
          ? { bridge: some(names.bridges), hairpin: optional(fc.boolean()) }
          : { addresses: optional(addresses) }),
        peer: peer(names),
      }),
    ),
  macvlan: ({ bridges }) =>
    args({
      name: fc.constantFrom("fz_m1", "fz_m2"),
      link: some(bridges),
      // The whole of a link no other one can have a part of.
      mode: optional(fc.constantFrom("bridge", "private", "vepa", "bridge", "private", "vepa", "passthru")),
      addresses: optional(addresses),
      // A bridge takes the least MTU of its ports.
      mtu: optional(fc.constant(LEAST_MTU)),
    }).chain((inputs) =>
      optional(inputs.mode === "passthru" ? fc.constant(undefined) : mac).map((macAddress) =>
        macAddress === undefined ? inputs : { ...inputs, macAddress },
      ),
    ),
  natChain: ({ chains }) =>
    args({
      name: some(chains),
      hooks: optional(list(fc.constantFrom("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"), 3)),
      backend: optional(fc.constantFrom("iptables", "nftables")),
      vipRange: optional(fc.constantFrom("10.7.100.0/24", "10.7.100.0/30", "fd00:7:100::/120")),
      services: optional(fc.uniqueArray(anyService(), { maxLength: 2, selector: ({ name }) => name })),
      rules: optional(
        fc.array(
          ofEither(
            args({
              destination: fc.oneof(
                vip,
                network,
                vip.map((each) => `${each}/32`),
              ),
              protocol,
              destinationPort: optional(port),
              toDestination: fc.oneof(
                inNet,
                fc.tuple(inNet, port).map((pair) => pair.join(":")),
              ),
            }),
          ),
          { maxLength: 3 },
        ),
      ),
    }),
  serviceVip: ({ chains }) => anyService({ chain: some(chains) }),
  endpoint: ({ services }) => ofEither(args({ service: some(services), ...endpoint })),
};

/** Arguments of a kind that are right by themselves; what they refer to may not be there. */
export const anyArgs = (kind: Kind, names: Names): fc.Arbitrary<Inputs> => ofKind[kind](names);
