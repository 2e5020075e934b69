import { afterEach, expect, it, vi } from "vitest";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleIn, UNASKED } from "../support/lifecycles.js";

afterEach(() => vi.restoreAllMocks());

const listed = (address: string) => ({ name: "WEB", address, ports: [{ port: 80 }] });
const service = (address: string) => ({ chain: "CH", ...listed(address) });

/** What the checks of a program say, one run; `olds` are those of the last resource. */
async function saidOf(resources: [Kind, object][], olds: object = {}): Promise<string[]> {
  const said: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line) => void said.push(String(line)));
  const run = new Run(product, { host: new FakeHost() });
  for (const [at, [kind, args]] of resources.entries()) {
    const own = { host: UNASKED, __owner: `p/s/r${at}` };
    const before = at === resources.length - 1 && Object.keys(olds).length > 0 ? { ...olds, ...own } : {};
    expect((await lifecycleIn(run, kind).check(before, { ...args, ...own })).failures).toEqual([]);
  }
  return said;
}

const bridge: [Kind, object] = ["bridge", { name: "br0", addresses: ["10.0.0.1/24", "fd00:7::1/64"] }];

it.each<[string, [Kind, object], string]>([
  ["a service", ["serviceVip", service("10.0.0.100")], "ServiceVip CH/WEB: address: 10.0.0.100 is in 10.0.0.0/24"],
  ["one of IPv6", ["serviceVip", service("FD00:7::100")], "ServiceVip CH/WEB: address: fd00:7::100 is in fd00:7::/64"],
  ["a range", ["natChain", { name: "CH", vipRange: "10.0.0.128/25" }], "NatChain CH: vipRange: 10.0.0.128/25 is in"],
  [
    "a service of many",
    ["natChain", { name: "CH", services: [listed("10.0.0.100")] }],
    'NatChain CH: services[0] "WEB": address: 10.0.0.100 is in 10.0.0.0/24, the network of bridge br0',
  ],
])("%s in a bridge's network is told of", async (_, resource, told) => {
  expect(await saidOf([bridge, resource])).toEqual([expect.stringContaining(told)]);
  expect(await saidOf([bridge, resource], resource[1])).toEqual([]);
});

it("one that is in none, or around one, is not", async () => {
  for (const address of ["10.0.1.1", "fd00:8::1"])
    expect(await saidOf([bridge, ["serviceVip", service(address)]])).toEqual([]);
  expect(await saidOf([bridge, ["natChain", { name: "CH", vipRange: "10.0.0.0/16" }]])).toEqual([]);
});
