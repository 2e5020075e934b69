import { describe, expect, it } from "vitest";
import { type Described, hasUnknown, parseInputs } from "../../provider/lifecycle/inputs.js";
import { bridge, netNamespace, vethPair } from "../../provider/resources.js";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const owned = { __owner: "p/s/r" };
const problems = (definition: Described<unknown>, inputs: Record<string, unknown>) =>
  (parseInputs(definition, { ...owned, ...inputs }).failures ?? []).map(
    ({ property, reason }) => `${property}: ${reason}`,
  );

const veth = { name: "v", bridge: "b", peer: { name: "p", namespace: "n", addresses: ["10.0.0.11/24"] } };

const over = (connection: object) => ({ name: "b", host: { connection: { host: "x", ...connection } } });

describe("bad input", () => {
  const cases: [string, Described<unknown>, Record<string, unknown>, RegExp][] = [
    ["an interface name of 16 bytes", bridge, { name: "x".repeat(16) }, /^name: "x{16}" has 16 bytes.* at most 15/],
    ["a name with a shell command", bridge, { name: '"; reboot' }, /^name: .* is no interface name/],
    ["a name that is the kernel's", bridge, { name: "lo" }, /^name: "lo" means something else/],
    [
      "an address without prefix",
      bridge,
      { name: "b", addresses: ["10.0.0.1"] },
      /^addresses\[0\]: "10.0.0.1" lacks the prefix length: write 10.0.0.1\/24/,
    ],
    [
      "an address of three numbers",
      bridge,
      { name: "b", addresses: ["10.0.1/24"] },
      /^addresses\[0\]: .* is no IPv4 address/,
    ],
    ["a prefix of 33", bridge, { name: "b", addresses: ["10.0.0.1/33"] }, /^addresses\[0\]: .* from 0 to 32/],
    [
      "a word",
      bridge,
      { name: "b", addresses: ["x/64"] },
      /^addresses\[0\]: "x\/64" is no IP address: write four.*fd00::11/,
    ],
    [
      "a masqueraded network with host bits",
      bridge,
      { name: "b", masquerade: ["10.0.0.1/24"] },
      /^masquerade\[0\]: .* write the network, 10.0.0.0\/24/,
    ],
    ["an MTU of 10", bridge, { name: "b", mtu: 10 }, /^mtu: 10 is no MTU/],
    [
      "a multicast MAC address",
      bridge,
      { name: "b", macAddress: "01:00:5e:00:00:01" },
      /^macAddress: .* is a multicast address/,
    ],
    ["an argument that is none", bridge, { name: "b", colour: "red" }, /^colour: "colour" is no argument: correct/],
    ["a number for a name", bridge, { name: 5 }, /^name: 5 is of the wrong type: write text/],
    ["a name that is missing", bridge, {}, /^name: is missing: write text/],
    ["a huge name", vethPair, { name: "x".repeat(9999), peer: { name: "p" } }, /^name: .{0,250}$/],
    [
      "a password that is a number",
      bridge,
      { name: "b", host: { connection: { host: "h", password: 4711 } } },
      /^host\.connection\.password: a value of type number is/,
    ],
    [
      "a route to all, as a network",
      vethPair,
      { ...veth, peer: { ...veth.peer, routes: [{ to: "0.0.0.0/0" }] } },
      /^peer\.routes\[0\]\.to: .* write "default"/,
    ],
    ["a namespace called ../x", netNamespace, { name: "../x" }, /^name: "..\/x" is no name for a network namespace/],
    [
      "four nameservers",
      netNamespace,
      { name: "n", nameservers: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"] },
      /^nameservers: .* three/,
    ],
    [
      "a nameserver that is a line of its own",
      netNamespace,
      { name: "n", nameservers: ["10.0.0.1\noptions x"] },
      /^nameservers\[0\]: /,
    ],
    [
      "a sysctl of the whole machine",
      netNamespace,
      { name: "n", sysctls: { "kernel.panic": "1" } },
      /kernel\.panic.* "net\."/,
    ],
    ["a sysctl that climbs", netNamespace, { name: "n", sysctls: { "net.ipv4../../x": "1" } }, /is no sysctl/],
    [
      "a sysctl that climbs in sysctl's own words",
      netNamespace,
      { name: "n", sysctls: { "net.ipv4.//.//.kernel.panic": "1" } },
      /is no sysctl/,
    ],
    ["two ends of one name", vethPair, { name: "v", peer: { name: "v" } }, /^peer\.name: "v" is the name of both ends/],
    [
      "addresses on a port",
      vethPair,
      { ...veth, addresses: ["10.0.0.2/24"] },
      /^addresses: a bridge port takes no addresses/,
    ],
    ["hairpin without a bridge", vethPair, { name: "v", hairpin: true, peer: { name: "p" } }, /^hairpin: /],
    [
      "two default routes",
      vethPair,
      { ...veth, peer: { ...veth.peer, gateway: "10.0.0.1", routes: [{ to: "default" }] } },
      /^peer\.gateway: .* second default/,
    ],
    [
      "an option of ssh as a host",
      bridge,
      over({ host: "-oProxyCommand=reboot" }),
      /^host\.connection\.host: "-oProxyCommand=reboot" is no host name/,
    ],
    [
      "a user that is two words",
      bridge,
      over({ user: "root -v" }),
      /^host\.connection\.user: "root -v" is no user name/,
    ],
    ["a path for a key", bridge, over({ privateKey: "~/.ssh/id" }), /^host\.connection\.privateKey: is not the text/],
    ["a host key that is none", bridge, over({ hostKey: "abc" }), /^host\.connection\.hostKey: "abc" is no public/],
    [
      "a port of 70000 for ssh",
      bridge,
      over({ port: 70000 }),
      /^host\.connection\.port: 70000 is no whole number from 1 to/,
    ],
    [
      "half a second for a dial",
      bridge,
      over({ perDialTimeout: 0.5 }),
      /^host\.connection\.perDialTimeout: 0.5 is no whole/,
    ],
    [
      "become without a connection",
      bridge,
      { name: "b", host: { become: "sudo" } },
      /^host\.become: "sudo" is for hosts/,
    ],
    [
      "a rollback after a second",
      bridge,
      { name: "b", host: { connection: { host: "x" }, rollbackAfterSeconds: 1 } },
      /^host\.rollbackAfterSeconds: 1 is no whole number from 5/,
    ],
    [
      "a host over ssh without its name",
      bridge,
      { name: "b", host: { connection: {} } },
      /^host\.connection\.host: is missing: write text/,
    ],
    ["a host namespace called ../x", bridge, { name: "b", host: { netns: "../x" } }, /^host\.netns: /],
    ["adopt that is a word", bridge, { name: "b", adopt: "yes" }, /^adopt: "yes" is not true or false/],
  ];

  it.each(cases)("%s is refused by argument, value, reason and cure", (_what, definition, inputs, message) => {
    const found = problems(definition, inputs);
    expect(found.length).toBeGreaterThan(0);
    expect(found.join("\n")).toMatch(message);
  });

  it("what is right is taken", () => {
    expect(problems(bridge, { name: "bridge_home", addresses: ["10.0.0.1/24"], host: { netns: "a" } })).toEqual([]);
    expect(problems(netNamespace, { name: "netns_dustin", nameservers: ["8.8.8.8", "2001:4860:4860::8888"] })).toEqual(
      [],
    );
    expect(problems(vethPair, veth)).toEqual([]);
    expect(problems(bridge, over({ user: "root", hostKey: "ssh-ed25519 AAAAC3Nz router", port: 2222 }))).toEqual([]);
  });
});

describe("unknown values of a preview", () => {
  it("are no failure, wherever they stand", () => {
    const inputs = { ...veth, bridge: UNKNOWN, peer: { ...veth.peer, namespace: UNKNOWN, addresses: [UNKNOWN] } };
    expect(hasUnknown(inputs)).toBe(true);
    expect(problems(vethPair, inputs)).toEqual([]);
  });

  it("hide no failure elsewhere", () => {
    expect(problems(vethPair, { ...veth, bridge: UNKNOWN, mtu: 1 })).toEqual([expect.stringMatching(/^mtu: /)]);
  });
});
