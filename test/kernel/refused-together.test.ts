import { expect, it } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { unclear } from "../support/clear.js";
import { leavesNothing, output } from "../support/host.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { Stack } from "./stack.js";

/** What a preview says of the last resource of a program. */
async function lastOf(...program: [Kind, string, Inputs][]) {
  const host = new RealHost({});
  const said = [];
  for (const [kind, resource, args] of program)
    said.push((await lifecycleOn(host, kind).check({}, { ...args, __owner: `test/kernel/${resource}` })).failures);
  const [last = [], ...before] = said.reverse();
  expect(before.flat()).toEqual([]);
  expect(last.flatMap(unclear)).toEqual([]);
  return last.map(({ property, reason }) => `${property}: ${reason}`);
}

const ip6Of = async (dev: string) => await output(["ip", "-6", "addr", "show", "dev", dev, "scope", "global"]);

it("a port with too small an MTU takes a bridge's IPv6 along, unless the bridge has an MTU of its own", () =>
  leavesNothing(async () => {
    const bridge = { name: "br", addresses: ["fd00::1/64"] };
    const pair = { name: "v", bridge: "br", mtu: 1000, peer: { name: "p" } };
    expect(await lastOf(["bridge", "b", bridge], ["vethPair", "v", pair])).toEqual([
      "mtu: 1000 becomes the MTU of bridge br, too, and the kernel takes fd00::1/64 from it then: write 1280 or more, or give the bridge an mtu",
    ]);
    expect(await lastOf(["bridge", "b", { ...bridge, mtu: 1400 }], ["vethPair", "v", pair])).toEqual([]);
    expect(await lastOf(["bridge", "b", bridge], ["vethPair", "v", { ...pair, mtu: 1280 }])).toEqual([]);

    // That is what the kernel does.
    const stack = new Stack();
    await stack.make("bridge", "b", bridge);
    await stack.make("vethPair", "v", pair);
    expect(await ip6Of("br")).toBe("");
    await stack.destroy();
    await stack.make("bridge", "b", { ...bridge, mtu: 1400 });
    await stack.make("vethPair", "v", pair);
    expect(await ip6Of("br")).toContain("fd00::1/64");
    await stack.destroy();
  }));

it.each([
  ["for all", { "net.ipv6.conf.all.disable_ipv6": 1 }, "net.ipv6.conf.all.disable_ipv6"],
  ["for new ones", { "net.ipv6.conf.default.disable_ipv6": 1 }, "net.ipv6.conf.default.disable_ipv6"],
  ["for this one", { "net.ipv6.conf.e/0.disable_ipv6": 1 }, "net.ipv6.conf.e/0.disable_ipv6"],
  ["for all, and on for new ones", { "net.ipv6.conf.all.disable_ipv6": 1, "net.ipv6.conf.default.disable_ipv6": 0 }],
])("IPv6 that the program itself turns off in a namespace (%s)", (_which, sysctls, key = undefined) =>
  leavesNothing(async () => {
    const namespace = { name: "n", sysctls };
    const pair = { name: "v", peer: { name: "e.0", namespace: "n", addresses: ["10.1.0.2/24", "fd00::2/64"] } };
    expect(await lastOf(["netNamespace", "n", namespace], ["vethPair", "v", pair])).toEqual(
      key === undefined
        ? []
        : [
            `peer.addresses[1]: "fd00::2/64" is of IPv6, which the sysctl ${key} of n turns off: leave one of the two out`,
          ],
    );
    const stack = new Stack();
    await stack.make("netNamespace", "n", namespace);
    const made = stack.make("vethPair", "v", pair);
    if (key === "net.ipv6.conf.e/0.disable_ipv6" || key === undefined) await made;
    else await expect(made).rejects.toThrow('peer.addresses: "fd00::2/64" is of IPv6, which is off on e.0 in n: turn');
    await stack.destroy();
  }),
);

it("more ports than a bridge can have", async () => {
  const pair = (number: number): [Kind, string, Inputs] => [
    "vethPair",
    `v${number}`,
    { name: `v${number}`, bridge: "br", peer: { name: `p${number}` } },
  ];
  const pairs = Array.from({ length: 1024 }, (_, at) => pair(at));
  expect(await lastOf(["bridge", "b", { name: "br" }], ...pairs)).toEqual([
    "bridge: no more than 1023 resources can be a port of bridge br, and this program has more: give this one another",
  ]);
  expect(await lastOf(...pairs.slice(1), pairs[1]!)).toEqual([]);
});

it("two resources that swap their names", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await stack.make("bridge", "a", { name: "one" });
    await stack.make("bridge", "b", { name: "two" });
    const swapped = { name: "two", __owner: "test/kernel/a" };
    await expect(lifecycleOn(new RealHost({}), "bridge").create(swapped)).rejects.toThrow(
      "name: interface two belongs to test/kernel/b, another resource of this stack: was it renamed? Then say so with aliases: [{ name: … }]; do the two swap names? Then give one a third name in an `up` before; else give this one another name",
    );
    await stack.destroy();
  }));
