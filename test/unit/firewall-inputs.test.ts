import { describe, expect, it } from "vitest";
import { type Described, parseInputs } from "../../provider/lifecycle/inputs.js";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";

const CHAIN = { name: "A-SERVICES" };
const SERVICE = { chain: "A-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80 }] };
const ENDPOINT = { service: "A-SERVICES/WEB", name: "WEB1", address: "10.0.0.1" };
const RULE = { destination: "10.100.0.1", protocol: "tcp", destinationPort: 80, toDestination: "10.0.0.1:8080" };

const problems = (definition: Described<unknown>, inputs: object) =>
  (parseInputs(definition, { __owner: "p/s/r", ...inputs }).failures ?? []).map(
    ({ property, reason }) => `${property}: ${reason}`,
  );

const port = (more: object) => ({ ...SERVICE, ports: [{ port: 80, ...more }] });

describe("bad input to the firewall's resources", () => {
  const cases: [string, Described<unknown>, object, RegExp][] = [
    ["a command for a chain", natChain, { name: '"; reboot' }, /^name: "\\"; reboot" is no name for a chain/],
    [
      "a chain name of 29 bytes",
      natChain,
      { name: "x".repeat(29) },
      /^name: .* has 29 bytes.* at most 28: shorten it by 1/,
    ],
    ["a built-in chain", natChain, { name: "OUTPUT" }, /^name: "OUTPUT" means something to iptables already/],
    ["a target's name", natChain, { name: "DNAT" }, /^name: "DNAT" means something/],
    ["an ambiguous name", natChain, { name: "A-SVC-B" }, /^name: .* word SVC or SEP/],
    ["one that ends so", natChain, { name: "A-SVC" }, /^name: .* word SVC or SEP/],
    [
      "a hook of another table",
      natChain,
      { ...CHAIN, hooks: ["FORWARD"] },
      /^hooks\[0\]: "FORWARD" is no hook.*PREROUTING, INPUT/,
    ],
    ["a hook twice", natChain, { ...CHAIN, hooks: ["OUTPUT", "OUTPUT"] }, /^hooks: "OUTPUT" is listed twice/],
    [
      "a hook that comes too late",
      natChain,
      { ...CHAIN, backend: "nftables", hooks: ["INPUT"] },
      /^hooks: "INPUT" comes too late/,
    ],
    ["another backend", natChain, { ...CHAIN, backend: "ipfw" }, /^backend: "ipfw" is no backend/],
    [
      "a range with host bits",
      natChain,
      { ...CHAIN, vipRange: "10.0.0.1/8" },
      /^vipRange: .* write the network, 10.0.0.0\/8/,
    ],
    [
      "a port in a rule",
      natChain,
      { ...CHAIN, rules: [{ ...RULE, toDestination: "10.0.0.1:0" }] },
      /^rules\[0\].toDestination: .* no port after the colon/,
    ],
    [
      "a range in a rule",
      natChain,
      { ...CHAIN, rules: [{ ...RULE, toDestination: "10.0.0.1-10.0.0.9" }] },
      /^rules\[0\].toDestination: .* no IP address/,
    ],
    [
      "a protocol without ports",
      natChain,
      { ...CHAIN, rules: [{ ...RULE, protocol: "icmp" }] },
      /^rules\[0\].protocol: "icmp" is no protocol/,
    ],
    [
      "a rule's destination",
      natChain,
      { ...CHAIN, rules: [{ ...RULE, destination: "vip" }] },
      /^rules\[0\].destination: "vip" is no IP address/,
    ],
    ["an unknown argument", natChain, { ...CHAIN, colour: "red" }, /colour/],
    [
      "a service name that is too long",
      serviceVip,
      { ...SERVICE, name: "x".repeat(25) },
      /^name: .* A-SVC-x{25} of 31 bytes.*at most 28: shorten "x{25}" to 22 bytes/,
    ],
    [
      "a chain that leaves no room",
      serviceVip,
      { ...SERVICE, chain: "x".repeat(24) },
      /^name: .*no byte is left.*shorten the NatChain/,
    ],
    ["a port of 70000", serviceVip, port({ port: 70000 }), /^ports\[0\].port: 70000 is no port.* 1 to 65535/],
    ["no port", serviceVip, { ...SERVICE, ports: [] }, /^ports: the list is empty.*\[\{ port: 8080 \}\]/],
    [
      "one port twice",
      serviceVip,
      { ...SERVICE, ports: [{ port: 80 }, { port: 80, protocol: "udp" }, { port: 80, targetPort: 81 }] },
      /^ports\[2\].port: 80 \(tcp\) is ports\[0\] already: give/,
    ],
    [
      "one name for two ports",
      serviceVip,
      {
        ...SERVICE,
        ports: [
          { port: 80, name: "web" },
          { port: 81, name: "web" },
        ],
      },
      /^ports\[1\].name: "web" is the name of ports\[0\] already/,
    ],
    ["a protocol that is none", serviceVip, port({ protocol: "TCP" }), /^ports\[0\].protocol: "TCP" is no protocol/],
    ["a node port of 0", serviceVip, port({ nodePort: 0 }), /^ports\[0\].nodePort: 0 is no port/],
    [
      "one node port twice",
      serviceVip,
      {
        ...SERVICE,
        ports: [
          { port: 80, nodePort: 30080 },
          { port: 53, protocol: "udp", nodePort: 30080 },
          { port: 81, nodePort: 30080 },
        ],
      },
      /^ports\[2\].nodePort: 30080 \(tcp\) is a port of ports\[0\] already: choose another/,
    ],
    [
      "a node port that is another one's port",
      serviceVip,
      { ...SERVICE, ports: [{ port: 80, nodePort: 81 }, { port: 81 }] },
      /^ports\[0\].nodePort: 81 \(tcp\) is a port of ports\[1\] already/,
    ],
    ["a port name", serviceVip, port({ name: "; x" }), /^ports\[0\].name: .* is no port name/],
    [
      "an affinity that is none",
      serviceVip,
      { ...SERVICE, sessionAffinity: "Cookie" },
      /^sessionAffinity: "Cookie" is not "None" or "ClientIP": write/,
    ],
    [
      "a timeout without affinity",
      serviceVip,
      { ...SERVICE, sessionAffinityTimeoutSeconds: 60 },
      /^sessionAffinityTimeoutSeconds: 60 is the timeout of an affinity.*: write sessionAffinity: "ClientIP"/,
    ],
    [
      "a timeout of two days",
      serviceVip,
      { ...SERVICE, sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 172_800 },
      /^sessionAffinityTimeoutSeconds: 172800 is no timeout.* from 1 to 86400/,
    ],
    [
      "an external address that is the service's",
      serviceVip,
      { ...SERVICE, externalIPs: [SERVICE.address] },
      /^externalIPs: .* is the service's own address: leave it out/,
    ],
    [
      "an external name",
      serviceVip,
      { ...SERVICE, externalIPs: ["web.example.org"] },
      /^externalIPs\[0\]: "web.example.org" is no IP address/,
    ],
    [
      "source ranges without a way in",
      serviceVip,
      { ...SERVICE, loadBalancerSourceRanges: ["192.0.2.0/24"] },
      /^loadBalancerSourceRanges: .* no way in from there: add externalIPs or a nodePort/,
    ],
    [
      "a source range with host bits",
      serviceVip,
      { ...SERVICE, externalIPs: ["192.0.2.1"], loadBalancerSourceRanges: ["192.0.2.1/24"] },
      /^loadBalancerSourceRanges\[0\]: .* write the network, 192.0.2.0\/24/,
    ],
    ...["externalTrafficPolicy", "internalTrafficPolicy"].map((key): [string, Described<unknown>, object, RegExp] => [
      key,
      serviceVip,
      { ...SERVICE, [key]: "local" },
      new RegExp(`^${key}: "local" is not "Cluster" or "Local": write one`),
    ]),
    [
      "a name too long for two policies",
      serviceVip,
      { ...SERVICE, name: "x".repeat(20), externalIPs: ["192.0.2.1"], externalTrafficPolicy: "Local" },
      /^name: .*A-SVC-x{20}\/ext of 30 bytes.* to 18 bytes/,
    ],
    [
      "a reference of three parts",
      endpoint,
      { ...ENDPOINT, service: "A/B/C" },
      /^service: "A\/B\/C" names no service .*"B\/C" is no name/,
    ],
    [
      "a reference to a built-in chain",
      endpoint,
      { ...ENDPOINT, service: "OUTPUT/WEB" },
      /^service: .* means something to iptables/,
    ],
    [
      "an endpoint name that is too long",
      endpoint,
      { ...ENDPOINT, name: "x".repeat(30) },
      /^name: .* 36 bytes.* to 22 bytes/,
    ],
    ["an address with prefix", endpoint, { ...ENDPOINT, address: "10.0.0.1/24" }, /^address: .* no IP address/],
    ["a weight below 0", endpoint, { ...ENDPOINT, weight: -1 }, /^weight: -1 is no weight: .* 0 .* to 65535/],
    ["half a weight", endpoint, { ...ENDPOINT, weight: 0.5 }, /^weight: 0.5 is no weight/],
    ["a weight that is none", endpoint, { ...ENDPOINT, weight: "3" }, /^weight: "3" is of the wrong type/],
    ["a condition that is none", endpoint, { ...ENDPOINT, ready: "no" }, /^ready: "no" is of the wrong type/],
  ];

  it.each(cases)("%s is refused by argument, value, reason and cure", (_what, definition, inputs, message) => {
    const found = problems(definition, inputs);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it("what changes nothing may be written", () => {
    expect(problems(natChain, { ...CHAIN, rules: [RULE], backend: "iptables", hooks: [] })).toEqual([]);
    expect(problems(serviceVip, { ...SERVICE, sessionAffinity: "None", internalTrafficPolicy: "Cluster" })).toEqual([]);
    expect(problems(endpoint, { ...ENDPOINT, weight: 1, ready: true, serving: true, terminating: false })).toEqual([]);
  });
});
