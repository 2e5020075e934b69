import { beforeEach, describe, expect, it } from "vitest";
import { parseInputs } from "../../provider/lifecycle/inputs.js";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { FakeHost } from "../support/fake-host.js";
import { lifecycleOn, UNASKED } from "../support/lifecycles.js";
import { Planner } from "../support/planner.js";

const SERVICE = { chain: "A-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80 }] };
const [ONE, TWO] = [1, 2].map((n) => ({ name: `WEB${n}`, address: `10.0.0.${n}` })) as [object, object];
const carrying = (...endpoints: unknown[]) => ({ ...SERVICE, endpoints });
const own = (service = "A-SERVICES/WEB") => ({ ...ONE, service });

describe("what one program can know is refused by check", () => {
  const problems = (inputs: object) =>
    (parseInputs(serviceVip, { __owner: "p/s/r", ...inputs }).failures ?? []).map(
      ({ property, reason }) => `${property}: ${reason}`,
    );

  it.each<[string, object, RegExp]>([
    [
      "a name twice",
      carrying(ONE, { ...TWO, name: "WEB1" }),
      /^endpoints\[1\].name: "WEB1" is .* endpoints\[0\] already: give/,
    ],
    [
      "an address twice",
      carrying(ONE, { ...TWO, address: "10.0.0.1" }),
      /^endpoints\[1\].address: "10.0.0.1" is the address of endpoints\[0\]/,
    ],
    ["no address", carrying({ name: "WEB1" }), /^endpoints\[0\].address: is missing/],
    [
      "a wrong address",
      carrying(ONE, { ...TWO, address: "web" }),
      /^endpoints\[1\].address: "web" is no IP address: write/,
    ],
    ["a wrong weight", carrying({ ...ONE, weight: -1 }), /^endpoints\[0\].weight: -1 is no weight: it is/],
    [
      "a name that is too long",
      carrying({ ...ONE, name: "x".repeat(24) }),
      /^endpoints\[0\].name: "x{24}" in A-SERVICES makes .* shorten/,
    ],
    [
      "an argument of an Endpoint",
      carrying({ ...ONE, service: "X" }),
      /^endpoints\[0\].service: "service" is no argument of endpoints\[0\]/,
    ],
    ["no list", { ...SERVICE, endpoints: ONE }, /^endpoints: .* is of the wrong type: write a list/],
  ])("%s", (_what, inputs, message) => {
    expect(problems(inputs)).toEqual([expect.stringMatching(message)]);
  });

  async function failures(...declared: ["serviceVip" | "endpoint", string, object][]): Promise<string[]> {
    const fake = new FakeHost();
    const found = [];
    for (const [kind, name, args] of declared)
      found.push(
        ...(await lifecycleOn(fake, kind).check({}, { ...args, host: UNASKED, __owner: `p/s/${name}` })).failures,
      );
    return found.map(({ property, reason }) => `${property}: ${reason}`);
  }

  it.each(["A-SERVICES/WEB", "WEB"])("carried endpoints and an Endpoint of %s, in either order", async (service) => {
    const [vip, alone] = [
      ["serviceVip", "web", carrying(TWO)],
      ["endpoint", "one", own(service)],
    ] as Parameters<typeof failures>;
    expect(await failures(vip!, alone!)).toEqual([
      `service: ${service} carries its endpoints (endpoints: […]), and the Endpoint WEB1 is a resource of its own: list it there and remove the Endpoint, or leave out endpoints there`,
    ]);
    expect(await failures(alone!, vip!)).toEqual([
      expect.stringMatching(/^endpoints: A-SERVICES\/WEB carries its endpoints/),
    ]);
    expect(await failures(["serviceVip", "web", SERVICE], alone!)).toEqual([]);
  });

  it("a name that an Endpoint of another service has", async () => {
    const other = { ...own("A-SERVICES/API"), name: "WEB2" };
    expect(await failures(["serviceVip", "web", carrying(ONE, TWO)], ["endpoint", "two", other])).toEqual([
      'name: endpoint chain A-SEP-WEB2 is declared by ServiceVip "web" already: give this one another, or remove one of the two',
    ]);
    expect(await failures(["endpoint", "two", other], ["serviceVip", "web", carrying(ONE, TWO)])).toEqual([
      expect.stringMatching(/^endpoints\[1\].name: endpoint chain A-SEP-WEB2 is declared by Endpoint "two" already/),
    ]);
  });
});

describe.each(["iptables", "nftables"])("on %s", (backend) => {
  let on: Planner;
  beforeEach(() => {
    on = new Planner();
    on.up(natChain, { name: "A-SERVICES", backend }, on.context("chain"));
  });
  const whys = (inputs: object, previous: Record<string, unknown>) => [
    ...new Set(on.plan(serviceVip, inputs as never, on.context("web", previous)).map(({ why }) => why)),
  ];

  it("a preview names the endpoint and the argument, and only it is written", () => {
    const state = on.up(serviceVip, carrying(ONE, TWO) as never, on.context("web"));
    expect(whys(carrying(ONE, TWO), state)).toEqual([]);
    expect(whys(carrying(ONE, { ...TWO, weight: 3 }), state)).toEqual([
      'endpoints[1] "WEB2": weight: found 1, declared 3',
    ]);
    expect(whys(carrying(ONE), state)).toEqual(["endpoints: found WEB2, declared none"]);
    expect(whys(SERVICE, state)).toContainEqual(
      expect.stringContaining("endpoints: found inline, declared resources of their own"),
    );
  });

  it("an endpoint that another stack has in another service is refused, with its place in the list", () => {
    on.up(serviceVip, { ...SERVICE, name: "API", address: "10.100.0.2" }, on.context("api"));
    on.up(endpoint, { ...TWO, service: "A-SERVICES/API" }, on.context("two", undefined, false, "p/other"));
    expect(() => on.plan(serviceVip, carrying(ONE, TWO) as never, on.context("web"))).toThrow(
      /^endpoints\[1\] "WEB2": .* belongs to p\/other\/two, another stack: give/,
    );
  });

  it("an Endpoint that has become carried takes nothing away when it is deleted", () => {
    const state = on.up(serviceVip, SERVICE, on.context("web"));
    const one = on.up(endpoint, own(), on.context("one"));
    on.up(serviceVip, carrying(ONE) as never, on.context("web", state));
    const before = on.host;
    on.down(endpoint, own(), on.context("one", one));
    expect(on.host.firewall).toEqual(before.firewall);
    expect(on.host.services).toEqual(before.services);
  });

  it("an empty list is no endpoints, and none beside it", () => {
    const state = on.up(serviceVip, carrying() as never, on.context("web"));
    expect(whys(carrying(), state)).toEqual([]);
    expect(() => on.plan(endpoint, own(), on.context("one"))).toThrow(/carries its endpoints/);
  });
});
