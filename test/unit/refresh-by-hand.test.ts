import { beforeEach, describe, expect, it } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import type { Kind } from "../support/lifecycles.js";
import { addresses, owned, SpoiledChain } from "../support/spoiled-chain.js";

/** What somebody writes into the rules of iptables, or takes out of them. */
type Edit = (rules: string) => string;

describe.each([
  ["IPv4", false],
  ["IPv6", true],
])("what a refresh finds of %s after somebody has edited the rules of iptables", (_family, six) => {
  const { loose, at, network } = addresses(six);
  const single = (net: number, last: number) => `${at(net, last)}/${six ? 128 : 32}`;
  const to = (net: number, last: number) => (six ? `[${at(net, last)}]` : at(net, last));
  let on: SpoiledChain;
  beforeEach(() => {
    on = new SpoiledChain("iptables", six);
  });

  const endpoints = [
    { name: "WEB1", address: loose(5, 1) },
    { name: "WEB2", address: loose(5, 2), weight: 2 },
  ];
  const web = owned({
    chain: "A-SERVICES",
    name: "WEB",
    address: loose(9, 1),
    ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30080 }, { port: 81 }],
    sessionAffinity: "ClientIP",
    sessionAffinityTimeoutSeconds: 600,
    externalIPs: [loose(8, 1)],
    loadBalancerSourceRanges: [network(7)],
    externalTrafficPolicy: "Local",
    endpoints,
  });
  const [http, other] = web.ports as [Inputs, Inputs];
  const without = (line: RegExp) => (rules: string) =>
    rules
      .split("\n")
      .filter((each) => !line.test(each))
      .join("\n");

  it.each<[string, Inputs, Edit]>([
    ["the address", { address: at(9, 2) }, (rules) => rules.replaceAll(`-d ${single(9, 1)}`, `-d ${single(9, 2)}`)],
    [
      "a port",
      { ports: [http, { port: 82, protocol: "tcp", targetPort: 81 }] },
      (rules) => rules.replaceAll("--dport 81", "--dport 82"),
    ],
    [
      "a node port",
      { ports: [{ ...http, nodePort: 30081 }, other] },
      (rules) => rules.replaceAll("--dport 30080", "--dport 30081"),
    ],
    [
      "how long clients are led back",
      { sessionAffinityTimeoutSeconds: 60 },
      (rules) => rules.replaceAll("--seconds 600", "--seconds 60"),
    ],
    [
      "that no client is led back",
      { sessionAffinity: "None", sessionAffinityTimeoutSeconds: undefined },
      without(/--rcheck/),
    ],
    [
      "an external address",
      { externalIPs: [at(8, 2)] },
      (rules) => rules.replaceAll(`-d ${single(8, 1)}`, `-d ${single(8, 2)}`),
    ],
    [
      "who may come in",
      { loadBalancerSourceRanges: [network(6)] },
      (rules) => rules.replaceAll(`-s ${network(7)}`, `-s ${network(6)}`),
    ],
    [
      "what is said of the policy",
      { externalTrafficPolicy: "Cluster" },
      (rules) => rules.replaceAll(";external=Local", ""),
    ],
    [
      "where an endpoint is",
      { endpoints: [{ ...endpoints[0], address: at(5, 9) }, endpoints[1]] },
      (rules) => rules.replaceAll(`${to(5, 1)}:`, `${to(5, 9)}:`),
    ],
    [
      "what is said of a weight",
      { endpoints: [endpoints[0], { ...endpoints[1], weight: 7 }] },
      (rules) => rules.replaceAll(";weight=2", ";weight=7"),
    ],
    ["an endpoint that is deleted", { endpoints: [endpoints[1]] }, without(/A-SEP-WEB1/)],
  ])("of a service: %s", async (_what, shown, edit) => {
    await on.make("natChain", on.chain());
    expect(await on.refreshed("serviceVip", web, () => on.edit(edit))).toEqual(shown);
  });

  it.each<[string, Inputs, Edit]>([
    ["a hook", { hooks: ["PREROUTING"] }, without(/-A OUTPUT .*-j A-SERVICES$/)],
    ["a rule", { rules: [] }, without(/-j DNAT/)],
    ["the range", { vipRange: undefined }, without(/-j DROP/)],
  ])("of a NatChain: %s", async (_what, shown, edit) => {
    const rules = [{ destination: loose(4, 1), protocol: "tcp", destinationPort: 80, toDestination: at(5, 1) }];
    const chain = on.chain({ rules, vipRange: network(1) });
    const seen = await on.refreshed("natChain", chain, () => on.edit(edit));
    expect(seen).toEqual(shown);
  });

  it.each<[string, Inputs, Edit]>([
    ["its address", { address: at(5, 9) }, (rules) => rules.replaceAll(`${to(5, 1)}:`, `${to(5, 9)}:`)],
    ["what is said of it", { weight: 3, local: false }, (rules) => rules.replaceAll(";weight=2", ";weight=3;local=no")],
  ])("of an endpoint: %s", async (_what, shown, edit) => {
    await on.make("natChain", on.chain());
    await on.make("serviceVip", { ...web, endpoints: undefined });
    const own = owned({ service: "A-SERVICES/WEB", name: "OWN", address: loose(5, 1), weight: 2 }, "own");
    expect(await on.refreshed("endpoint", own, () => on.edit(edit))).toEqual(shown);
  });

  it("nothing where what is there could not be declared: that stays drift", async () => {
    const kind: Kind = "natChain";
    const inputs = on.chain({ hooks: ["PREROUTING", "OUTPUT"] });
    const seen = await on.refreshed(kind, inputs, () =>
      on.edit((rules) => rules.replace(/^-A OUTPUT (.*)-j A-SERVICES$/m, "-A OUTPUT -s 10.0.0.0/8 $1-j A-SERVICES")),
    );
    expect(seen).toEqual({ hooks: ["PREROUTING"] });
  });
});
