import type * as pulumi from "@pulumi/pulumi";
import { Bridge, Endpoint, Macvlan, NatChain, NetNamespace, ServiceVip, VethPair } from "pulumi-hostnet";
import { createHost, destroy, up } from "pulumi-hostnet/testing";
import { expect, it } from "vitest";

/** Arguments of one resource of each kind, with all that can be left out left out. */
const FEW = {
  bridge: { name: "br_out" },
  macvlan: { name: "mv_out", link: "br_out" },
  netns: { name: "ns_out" },
  pair: { name: "veth_out", peer: { name: "eth0", namespace: "ns_out" } },
  chain: { name: "OUT-SERVICES" },
  service: { chain: "OUT-SERVICES", name: "WEB", address: "10.99.0.1", ports: [{ port: 80 }] },
  endpoint: { service: "OUT-SERVICES/WEB", name: "WEB1", address: "10.99.1.1" },
};

/** The same with all that can be given, but for `host`. */
const ALL = {
  bridge: {
    ...FEW.bridge,
    adopt: false,
    addresses: ["10.99.2.1/24"],
    mtu: 1400,
    macAddress: "02:00:5e:10:00:01",
    stp: true,
    vlanFiltering: false,
    promiscuous: true,
    forward: true,
    masquerade: ["10.99.2.0/24"],
  },
  macvlan: {
    ...FEW.macvlan,
    adopt: false,
    mode: "private",
    addresses: ["10.99.3.1/24"],
    mtu: 1300,
    macAddress: "02:00:5e:10:00:03",
  },
  netns: {
    ...FEW.netns,
    adopt: false,
    nameservers: ["10.99.2.1"],
    searchDomains: ["lab.test"],
    sysctls: { "net.ipv4.ip_forward": 1 },
  },
  pair: { ...FEW.pair, adopt: false, bridge: "br_out", hairpin: false, mtu: 1400, macAddress: "02:00:5e:10:00:02" },
  chain: { ...FEW.chain, adopt: false, hooks: ["PREROUTING"], backend: "iptables", vipRange: "10.99.0.0/24" },
  service: {
    ...FEW.service,
    adopt: false,
    sessionAffinity: "ClientIP",
    sessionAffinityTimeoutSeconds: 60,
    externalIPs: ["192.0.2.80"],
    loadBalancerSourceRanges: ["192.0.2.0/24"],
    externalTrafficPolicy: "Local",
    internalTrafficPolicy: "Cluster",
  },
  endpoint: {
    ...FEW.endpoint,
    adopt: false,
    weight: 2,
    ready: true,
    serving: true,
    terminating: false,
    local: true,
  },
};

/** Every output of a resource that its class declares, read as a program reads it. */
const PROPERTIES = {
  bridge: ["addresses", "mtu", "stp", "vlanFiltering", "promiscuous", "forward", "masquerade"],
  macvlan: ["mode", "addresses", "mtu"],
  netns: ["nameservers", "searchDomains", "sysctls"],
  pair: ["bridge", "hairpin", "addresses", "mtu"],
  chain: ["hooks", "backend", "rules", "vipRange", "services"],
  service: [
    ...["sessionAffinity", "sessionAffinityTimeoutSeconds", "externalIPs", "loadBalancerSourceRanges"],
    ...["externalTrafficPolicy", "internalTrafficPolicy", "endpoints"],
  ],
  endpoint: ["weight", "ready", "serving", "terminating", "local"],
} as const;

type Args = Record<keyof typeof FEW, object>;

/** The program; its output has what it reads, with "undefined" for what is undefined. */
const reading = (args: Args) => () => {
  const bridge = new Bridge("bridge", args.bridge as never);
  const macvlan = new Macvlan("macvlan", { ...args.macvlan, link: bridge } as never);
  const netns = new NetNamespace("netns", args.netns as never);
  const pair = new VethPair("pair", args.pair as never, { dependsOn: [bridge, netns] });
  const chain = new NatChain("chain", args.chain as never);
  const service = new ServiceVip("service", args.service as never, { dependsOn: chain });
  const endpoint = new Endpoint("endpoint", args.endpoint as never, { dependsOn: service });
  const made = { bridge, macvlan, netns, pair, chain, service, endpoint } as unknown as Record<
    keyof Args,
    Record<string, pulumi.Output<unknown>>
  >;
  const read = Object.entries(made).flatMap(([resource, one]) =>
    ["host", "adopt", ...Object.keys(args[resource as keyof Args]), ...PROPERTIES[resource as keyof Args]].map(
      (key) => [`${resource}.${key}`, one[key]!.apply((value) => (value === undefined ? "undefined" : value))],
    ),
  );
  return { read: Object.fromEntries(read) };
};

/** What such a program is to read. */
const wanted = (args: Args) =>
  Object.fromEntries(
    Object.entries(args).flatMap(([resource, given]) =>
      ["host", "adopt", ...Object.keys(given), ...PROPERTIES[resource as keyof Args]].map((key) => [
        `${resource}.${key}`,
        (given as Record<string, unknown>)[key] ?? "undefined",
      ]),
    ),
  );

it.each([
  ["left out", FEW],
  ["given", ALL],
])("every argument is an output that a program can read, where it is %s", async (_what, args: Args) => {
  await using host = await createHost();
  const program = reading(args);
  const made = await up(program, { host });
  expect(made.outputs.read).toEqual(wanted(args));
  const again = await up(program, { after: made });
  expect(again.changes).toEqual({ same: 8 });
  expect(again.outputs.read).toEqual(wanted(args));
  await destroy(again);
});
