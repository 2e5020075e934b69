import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { servedMisfits } from "../../provider/kernel/special-addresses.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";
import { randomRuns } from "../support/size.js";

/** What another library calls the addresses that no service may have. */
const REFUSED = new Set(["unspecified", "broadcast", "multicast", "linkLocal", "loopback"]);

const bytes = (length: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: length, maxLength: length }),
    // Near the borders of ranges.
    fc
      .tuple(
        fc.constantFrom(0, 1, 126, 127, 128, 169, 223, 224, 239, 240, 254, 255),
        fc.constantFrom(0, 63, 64, 128, 191, 192, 253, 254, 255),
        fc.constantFrom(0, 1, 255),
      )
      .map(([first, second, rest]) => Uint8Array.from({ length }, (_, at) => [first, second][at] ?? rest)),
  );

it("a service's address is refused just where another library calls it special", () => {
  fc.assert(
    fc.property(fc.constantFrom(4, 16).chain(bytes), (octets) => {
      const address = ipaddr.fromByteArray([...octets]);
      // 0.0.0.0/8 is none of a host's, of which the library knows the first alone.
      const isNoHost = address.kind() === "ipv4" && octets[0] === 0;
      const expected = isNoHost || REFUSED.has(address.range());
      expect(servedMisfits("address", address.toString()).length > 0, address.toString()).toBe(expected);
    }),
    randomRuns(20_000),
  );
});

const PORTS = [{ port: 80 }];
const SERVICE = { chain: "A-SERVICES", name: "WEB", ports: PORTS };
const PEER = { name: "eth0", namespace: "blue" };

const CASES: [kind: Kind, property: string, value: string, args: (value: string) => Inputs, reason: RegExp][] = [
  ...["127.0.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "169.254.1.1"].flatMap(
    (value): typeof CASES => [
      ["serviceVip", "address", value, (address) => ({ ...SERVICE, address }), /: write /],
      [
        "serviceVip",
        "externalIPs[0]",
        value,
        (it) => ({ ...SERVICE, address: "10.0.0.1", externalIPs: [it] }),
        /: write /,
      ],
      [
        "serviceVip",
        "endpoints[0].address",
        value,
        (address) => ({ ...SERVICE, address: "10.0.0.1", endpoints: [{ name: "E", address }] }),
        /: write /,
      ],
      ["endpoint", "address", value, (address) => ({ service: "WEB", name: "E", address }), /: write /],
      [
        "natChain",
        "services[0].address",
        value,
        (address) => ({ name: "A-SERVICES", services: [{ name: "WEB", address, ports: PORTS }] }),
        /: write /,
      ],
    ],
  ),
  ...["0.0.0.0/0", "127.0.0.0/16", "224.0.0.0/24", "128.0.0.0/1", "::/0", "fe80::/64", "ff00::/8", "8000::/1"].map(
    (value): (typeof CASES)[number] => [
      "natChain",
      "vipRange",
      value,
      (vipRange) => ({ name: "A-SERVICES", vipRange }),
      /: choose /,
    ],
  ),
  ...["10.0.0.0/24", "10.0.0.255/24", "127.0.0.2/8", "0.0.0.0/0", "224.0.0.1/24", "fd00::/64"].flatMap(
    (value): typeof CASES => [
      ["bridge", "addresses[0]", value, (it) => ({ name: "br0", addresses: [it] }), /: (write|leave)/],
      ["macvlan", "addresses[0]", value, (it) => ({ name: "m0", link: "e", addresses: [it] }), /: (write|leave)/],
      ["vethPair", "addresses[0]", value, (it) => ({ name: "v0", addresses: [it], peer: PEER }), /: (write|leave)/],
      [
        "vethPair",
        "peer.addresses[0]",
        value,
        (it) => ({ name: "v0", peer: { ...PEER, addresses: [it] } }),
        /: (write|leave)/,
      ],
    ],
  ),
  [
    "vethPair",
    "peer.gateway",
    "10.0.1.1",
    (gateway) => ({ name: "v0", peer: { ...PEER, addresses: ["10.0.0.2/24"], gateway } }),
    /is in no network of "eth0": add .* or \{ to: "10.0.1.1\/32" \} to peer.routes$/,
  ],
  [
    "vethPair",
    "peer.routes[0].via",
    "169.254.1.1",
    (via) => ({ name: "v0", peer: { ...PEER, addresses: ["10.0.0.2/32"], routes: [{ to: "10.1.0.0/16", via }] } }),
    /is in no network of "eth0": add /,
  ],
  ...["127.0.0.1", "0.0.0.0", "224.0.0.9", "255.255.255.255", "::1"].flatMap((value): typeof CASES => {
    const addresses = ["10.0.0.2/24", "fd00::2/64"];
    const to = value.includes(":") ? "fd01::/64" : "10.1.0.0/16";
    return [
      [
        "vethPair",
        "peer.gateway",
        value,
        (gateway) => ({ name: "v0", peer: { ...PEER, addresses, gateway } }),
        /: write /,
      ],
      [
        "vethPair",
        "peer.routes[0].via",
        value,
        (via) => ({ name: "v0", peer: { ...PEER, addresses, routes: [{ to, via }] } }),
        /: write /,
      ],
    ];
  }),
];

describe("what no host can have is refused in the preview, and stays where it is in the state", () => {
  it.each(CASES)("%s, %s: %s", async (kind, property, value, args, reason) => {
    const news = { ...args(value), __owner: "p/s/r" };
    const calls = lifecycleOn(new FakeHost(), kind);
    const { failures } = await calls.check({}, news);
    expect(failures).toEqual([{ property, reason: expect.stringMatching(reason) }]);
    expect(failures[0]!.reason).toContain(`"${value}"`);
    expect((await calls.check(news, news)).failures.filter((each) => each.reason === failures[0]!.reason)).toEqual([]);
  });

  it.each([
    [
      "bridge",
      { name: "br0", addresses: ["10.0.0.2/31", "10.0.1.0/31", "10.0.2.0/32", "169.254.1.1/16", "fd00::/127"] },
    ],
    [
      "vethPair",
      {
        name: "v0",
        peer: { ...PEER, addresses: ["10.0.0.2/32"], gateway: "169.254.1.1", routes: [{ to: "169.254.1.1/32" }] },
      },
    ],
    ["serviceVip", { ...SERVICE, address: "240.0.0.1", externalIPs: ["192.0.2.1", "100.64.0.1"] }],
    ["natChain", { name: "A-SERVICES", vipRange: "10.96.0.0/12" }],
  ] as [Kind, Inputs][])("but %s: %j is taken", async (kind, args) => {
    const { failures } = await lifecycleOn(new FakeHost(), kind).check({}, { ...args, __owner: "p/s/r" });
    // An ordinary user lacks rights, which is no argument's fault.
    expect(failures.filter(({ property }) => property !== "")).toEqual([]);
  });
});
