import { describe, expect, it } from "vitest";
import { type Described, parseInputs } from "../../provider/lifecycle/inputs.js";
import { bridge, natChain, serviceVip, vethPair } from "../../provider/resources.js";

const problems = (definition: Described<unknown>, inputs: Record<string, unknown>) =>
  (parseInputs(definition, { __owner: "p/s/r", ...inputs }).failures ?? []).map(
    ({ property, reason }) => `${property}: ${reason}`,
  );

const veth = { name: "v", bridge: "b", peer: { name: "p", namespace: "n", addresses: ["10.0.0.11/24"] } };

const service = { chain: "C", name: "S", address: "fd00:99::1", ports: [{ port: 80 }] };

describe("bad input of IPv6", () => {
  const cases: [string, Described<unknown>, Record<string, unknown>, RegExp][] = [
    ["an IPv6 prefix of 129", bridge, { name: "b", addresses: ["fd00::1/129"] }, /IPv6 prefix length.* from 0 to 128/],
    ["an IPv6 address of two ::", bridge, { name: "b", addresses: ["fd00::1::/64"] }, /is no IPv6 address: write/],
    [
      "an IPv6 address without prefix",
      bridge,
      { name: "b", addresses: ["FD00::1"] },
      /^addresses\[0\]: "FD00::1" lacks the prefix length: write fd00::1\/64/,
    ],
    [
      "an IPv4 address within IPv6",
      bridge,
      { name: "b", addresses: ["::ffff:10.0.0.1/120"] },
      /is an IPv4 address within IPv6.*: write 10.0.0.1/,
    ],
    ["a zone", bridge, { name: "b", addresses: ["fe80::1%eth0/64"] }, /has the zone %eth0.*: leave the zone out/],
    [
      "a multicast address",
      bridge,
      { name: "b", addresses: ["ff02::1/64"] },
      /is a multicast address.*: write a unicast/,
    ],
    ["no address at all", bridge, { name: "b", addresses: ["::/64"] }, /stands for no address: write/],
    ["the loopback's address", bridge, { name: "b", addresses: ["::1/128"] }, /is the loopback's.*: leave it out/],
    [
      "one address in two spellings",
      bridge,
      { name: "b", addresses: ["fd00::1/64", "FD00:0::1/64"] },
      /^addresses: "fd00::1\/64" is listed twice/,
    ],
    [
      "an MTU too small for IPv6",
      bridge,
      { name: "b", mtu: 1279, addresses: ["fd00::1/64"] },
      /^mtu: 1279 .* 1280 or more/,
    ],
    [
      "an MTU too small for a peer's IPv6",
      vethPair,
      { ...veth, mtu: 1000, peer: { ...veth.peer, addresses: ["fd00::11/64"] } },
      /^mtu: 1000 is too small for fd00::11\/64/,
    ],
    [
      "a masqueraded IPv6 network with host bits",
      bridge,
      { name: "b", masquerade: ["fd00::1/64"] },
      /^masquerade\[0\]: .* write the network, fd00::\/64/,
    ],
    [
      "a next hop of the other family",
      vethPair,
      { ...veth, peer: { ...veth.peer, routes: [{ to: "10.8.0.0/16", via: "fd00::1" }] } },
      /^peer\.routes\[0\]\.via: fd00::1 is of the other family than 10.8.0.0\/16: /,
    ],
    [
      "a gateway that no address reaches",
      vethPair,
      { ...veth, peer: { ...veth.peer, gateway: "fd00::1" } },
      /^peer\.gateway: fd00::1 is an IPv6 address, and "p" has none.*: add one to peer.addresses/,
    ],
    [
      "two gateways of a family",
      vethPair,
      { ...veth, peer: { ...veth.peer, gateway: ["10.0.0.1", "10.0.0.2"] } },
      /^peer\.gateway: "10.0.0.2" is a second gateway of its family: keep one/,
    ],
    [
      "a gateway that is a number",
      vethPair,
      { ...veth, peer: { ...veth.peer, gateway: 5 } },
      /^peer\.gateway: 5 is of the wrong/,
    ],
    [
      "a gateway with a zone, in a list",
      vethPair,
      { ...veth, peer: { ...veth.peer, gateway: ["10.0.0.1", "fe80::1%eth0"] } },
      /^peer\.gateway\[1\]: "fe80::1%eth0" has the zone %eth0/,
    ],
    [
      "two default routes of IPv6",
      vethPair,
      { ...veth, peer: { ...veth.peer, gateway: "fe80::1", routes: [{ to: "default", via: "fe80::2" }] } },
      /^peer\.gateway: fe80::1 is a second default route/,
    ],
    [
      "the default route of IPv6 twice",
      vethPair,
      { ...veth, peer: { ...veth.peer, routes: [{ to: "::/0" }, { to: "default", via: "fe80::1" }] } },
      /^peer\.routes: "::\/0" is listed twice/,
    ],
    [
      "a virtual IP of a link",
      serviceVip,
      { ...service, address: "fe80::1" },
      /^address: "fe80::1" is a link-local address.*: write one of a network/,
    ],
    [
      "an external address of the other family",
      serviceVip,
      { ...service, externalIPs: ["10.98.0.1"] },
      /^externalIPs: "10.98.0.1" is of the other family than the service's address, fd00:99::1: .* declare another/,
    ],
    [
      "a source range of the other family",
      serviceVip,
      { ...service, externalIPs: ["fd00:98::1"], loadBalancerSourceRanges: ["10.0.0.0/8"] },
      /^loadBalancerSourceRanges: "10.0.0.0\/8" is of the other family/,
    ],
    [
      "a DNAT rule from one family to the other",
      natChain,
      { name: "C", rules: [{ destination: "fd00:99::1", protocol: "tcp", toDestination: "10.0.0.11:80" }] },
      /^rules\[0\]\.toDestination: 10.0.0.11:80 is of the other family than fd00:99::1: /,
    ],
    [
      "a DNAT rule to a port that is none",
      natChain,
      { name: "C", rules: [{ destination: "fd00:99::1", protocol: "tcp", toDestination: "[fd00::1]:0" }] },
      /^rules\[0\]\.toDestination: "\[fd00::1\]:0" has no port after the colon: .* \[fd00::1\]:8080/,
    ],
    [
      "an IPv6 range with host bits",
      natChain,
      { name: "C", vipRange: "fd00::1/64" },
      /^vipRange: .* the network, fd00::\/64/,
    ],
  ];

  it.each(cases)("%s is refused by argument, value, reason and cure", (_what, definition, inputs, message) => {
    const found = problems(definition, inputs);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it("what is right is taken, in its canonical form", () => {
    const both = { addresses: ["10.0.0.11/24", "FD00:0::11/64"], gateway: ["10.0.0.1", "fe80::1"] };
    const routes = [{ to: "fd00:1::/48" }, { to: "2001:DB8::/32", via: "fd00::9" }, { to: "10.8.0.0/16" }];
    const inputs = { __owner: "p/s/r", ...veth, peer: { ...veth.peer, ...both, routes } };
    expect(parseInputs(vethPair, inputs).wish?.desired.peer).toMatchObject({
      addresses: ["10.0.0.11/24", "fd00::11/64"],
      gateway: ["10.0.0.1", "fe80::1"],
      routes: [{ to: "fd00:1::/48" }, { to: "2001:db8::/32", via: "fd00::9" }, { to: "10.8.0.0/16" }],
    });
  });
});
