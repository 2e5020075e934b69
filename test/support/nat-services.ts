import fc from "fast-check";
import type { Family } from "../../provider/kernel/family.js";
import type { ServiceChange, ServiceHead, ServiceState } from "../../provider/kernel/service-change.js";
import { type ChainSpec, type EndpointSpec, type ServiceSpec, USUAL } from "../../provider/kernel/service-spec.js";
import { keyOf } from "../../provider/services/state.js";

/** A NatChain, services and endpoints as the nftables backend holds them. */
export const chainSpec = (over: Partial<ChainSpec> = {}): ChainSpec => ({
  name: "X",
  mark: "hostnet:12345678:p/s/chain",
  hooks: ["PREROUTING", "OUTPUT"],
  vipRanges: [],
  rules: [],
  ...over,
});

export const endpointSpec = (name: string, address: string, over: Partial<EndpointSpec> = {}): EndpointSpec => ({
  name,
  address,
  ...USUAL,
  mark: `hostnet:12345678:p/s/${name}`,
  ...over,
});

export function heldService(
  name: string,
  address: string,
  ports: ServiceSpec["ports"],
  endpoints: EndpointSpec[],
  over: Partial<ServiceHead> = {},
): ServiceChange & { service: string; state: ServiceState } {
  const service = {
    name,
    mark: "hostnet:12345678:p/s/service",
    address,
    ports,
    externalIPs: [],
    loadBalancerSourceRanges: [],
    externalTrafficPolicy: "Cluster" as const,
    internalTrafficPolicy: "Cluster" as const,
    ...over,
  };
  const family = address.includes(":") ? "ip6" : "ip";
  return { service: keyOf({ family, name }), state: { name, family, service, endpoints } };
}

const policy = fc.constantFrom("Cluster" as const, "Local" as const);
const addressIn = (family: Family, net: number, host: number) =>
  family === "ip" ? `10.${net}.0.${host}` : `fd00:${net}::${host.toString(16)}`;

/** Any change of one of four services, each with addresses and ports of its own. */
export const anyChange: fc.Arbitrary<ServiceChange> = fc
  .record({
    at: fc.integer({ min: 1, max: 4 }),
    family: fc.constantFrom("ip" as const, "ip6" as const),
    gone: fc.boolean(),
    protocols: fc.uniqueArray(fc.constantFrom("tcp" as const, "udp" as const, "sctp" as const), { minLength: 1 }),
    weights: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }),
    flags: fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
    affinitySeconds: fc.option(fc.integer({ min: 1, max: 86_400 }), { nil: undefined }),
    external: fc.boolean(),
    node: fc.boolean(),
    ranges: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 3 }),
    externalTrafficPolicy: policy,
    internalTrafficPolicy: policy,
  })
  .map((any): ServiceChange => {
    const { at, family, flags } = any;
    const name = `S${at}`;
    if (any.gone) return { service: keyOf({ family, name }), state: null };
    const endpoints = any.weights.map((weight, index) => {
      const [ready, serving, terminating, local] = flags.slice(4 * index) as [boolean, boolean, boolean, boolean];
      const conditions = { weight, ready: !ready, serving: !serving, terminating, local: !local };
      return endpointSpec(`E${index}`, addressIn(family, 200, 1 + index), conditions);
    });
    const ports = any.protocols.map((protocol, index) => ({
      port: 80 + index,
      protocol,
      targetPort: 8080 + index,
      ...(any.node && { nodePort: 30_000 + 10 * at + index }),
    }));
    return heldService(name, addressIn(family, 100, at), ports, endpoints, {
      externalIPs: any.external ? [addressIn(family, 150, at)] : [],
      loadBalancerSourceRanges: any.ranges.map((net) =>
        family === "ip" ? `192.0.${net}.0/24` : `fd01:${(net + 1).toString(16)}::/32`,
      ),
      externalTrafficPolicy: any.externalTrafficPolicy,
      internalTrafficPolicy: any.internalTrafficPolicy,
      ...(any.affinitySeconds !== undefined && { affinitySeconds: any.affinitySeconds }),
    });
  });
