import { beforeEach, describe, expect, it, vi } from "vitest";
import { parseInputs } from "../../provider/lifecycle/inputs.js";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleOn, UNASKED } from "../support/lifecycles.js";
import { natTablesOf } from "../support/nat-tables.js";
import { Planner } from "../support/planner.js";

const service = (n: number, more: object = {}) => ({
  name: `S${n}`,
  address: `10.100.0.${n}`,
  ports: [{ port: 80 }],
  endpoints: [{ name: `S${n}A`, address: `10.0.0.${n}` }],
  ...more,
});
const bulk = (...services: unknown[]) => ({ name: "A-SERVICES", services });

describe("what one program can know is refused by check", () => {
  const problems = (inputs: object) =>
    (parseInputs(natChain, { __owner: "p/s/r", ...inputs }).failures ?? []).map(
      ({ property, reason }) => `${property}: ${reason}`,
    );
  const [node, nodeToo] = [1, 2].map((n) => service(n, { ports: [{ port: 80, nodePort: 30080 }] }));

  it.each<[string, object, RegExp]>([
    [
      "a name twice",
      bulk(service(1), service(2, { name: "S1" })),
      /^services\[1\].name: "S1" is the name of services\[0\] already: give/,
    ],
    [
      "one address and port",
      bulk(service(1), service(2, { address: "10.100.0.1" })),
      /^services\[1\].address: 10.100.0.1:80 \(tcp\) is .* services\[0\]/,
    ],
    [
      "one external address",
      bulk(service(1), service(2, { externalIPs: ["10.100.0.1"] })),
      /^services\[1\].externalIPs: 10.100.0.1:80/,
    ],
    [
      "one node port",
      bulk(node, nodeToo),
      /^services\[1\].ports: node port 30080 \(tcp\) is the way in of services\[0\]/,
    ],
    [
      "one name of two endpoints",
      bulk(service(1), service(2, { endpoints: [{ name: "S1A", address: "10.0.0.9" }] })),
      /^services\[1\].endpoints\[0\].name: "S1A" is/,
    ],
    [
      "a wrong address deep inside",
      bulk(service(1), service(2, { endpoints: [{ name: "X", address: "web" }] })),
      /^services\[1\].endpoints\[0\].address: "web" is no IP address: write/,
    ],
    [
      "an argument of a ServiceVip",
      bulk(service(1, { chain: "X" })),
      /^services\[0\].chain: "chain" is no argument of services\[0\]/,
    ],
    [
      "a name that is too long",
      bulk(service(1, { name: "x".repeat(25) })),
      /^services\[0\].name: "x{25}" in A-SERVICES makes .* shorten/,
    ],
    [
      "an address outside the range",
      { ...bulk(service(1)), vipRange: "10.99.0.0/16" },
      /^services\[0\].address: 10.100.0.1 is outside 10.99.0.0\/16/,
    ],
  ])("%s", (_what, inputs, message) => {
    expect(problems(inputs)).toEqual([expect.stringMatching(message)]);
  });

  async function failures(...declared: [Kind, string, object][]): Promise<string[]> {
    const fake = new FakeHost();
    const found = [];
    for (const [kind, name, args] of declared)
      found.push(
        ...(await lifecycleOn(fake, kind).check({}, { ...args, host: UNASKED, __owner: `p/s/${name}` })).failures,
      );
    return found.map(({ property, reason }) => `${property}: ${reason}`);
  }

  it("what a ServiceVip has, and an Endpoint of a service that carries its own", async () => {
    const chain: [Kind, string, object] = ["natChain", "chain", bulk(service(1), service(2))];
    const vip: [Kind, string, object] = [
      "serviceVip",
      "vip",
      { chain: "A-SERVICES", ...service(2), endpoints: undefined },
    ];
    expect(await failures(vip, chain)).toEqual([
      expect.stringMatching(/^services\[1\].name: chain A-SVC-S2 is declared by ServiceVip "vip" already/),
      expect.stringMatching(
        /^services\[1\].address: service address 10.100.0.2:80 \(tcp\) is declared by ServiceVip "vip" already/,
      ),
    ]);
    expect(await failures(chain, vip)).toHaveLength(2);
    const own: [Kind, string, object] = [
      "endpoint",
      "own",
      { service: "A-SERVICES/S2", name: "X", address: "10.0.0.9" },
    ];
    expect(await failures(own, chain)).toEqual([
      expect.stringMatching(/^services\[1\].endpoints: A-SERVICES\/S2 carries its endpoints/),
    ]);
    expect(await failures(chain, own)).toEqual([
      expect.stringMatching(/^service: A-SERVICES\/S2 carries its endpoints/),
    ]);
  });
});

describe.each(["iptables", "nftables"])("on %s", (backend) => {
  let on: Planner;
  beforeEach(() => {
    on = new Planner();
  });
  const args = (...services: unknown[]) => ({ ...bulk(...services), backend }) as never;
  const whys = (inputs: never, previous: Record<string, unknown>) => [
    ...new Set(on.plan(natChain, inputs, on.context("chain", previous)).map(({ why }) => why)),
  ];

  it("a preview names the service, the endpoint and the argument, and only they are written", () => {
    const state = on.up(natChain, args(service(1), service(2)), on.context("chain"));
    expect(state.vips).toEqual({
      S1: { url: "http://10.100.0.1:80", hostPort: "10.100.0.1:80" },
      S2: { url: "http://10.100.0.2:80", hostPort: "10.100.0.2:80" },
    });
    expect(whys(args(service(1), service(2)), state)).toEqual([]);
    expect(whys(args(service(2), service(1)), state)).toEqual([]);
    const heavier = service(2, { endpoints: [{ name: "S2A", address: "10.0.0.2", weight: 3 }] });
    expect(whys(args(service(1), heavier), state)).toEqual([
      'services[1] "S2": endpoints[0] "S2A": weight: found 1, declared 3',
    ]);
    expect(whys(args(service(1)), state)).toEqual(["services: found S2, declared none"]);
  });

  it("a ServiceVip is refused for a service in bulk, and takes nothing of it away", () => {
    const vip = { chain: "A-SERVICES", ...service(1), endpoints: undefined } as never;
    on.up(natChain, args(), on.context("chain"));
    const state = on.up(serviceVip, vip, on.context("vip"));
    const chain = on.up(natChain, args(service(1)), on.context("chain", args()));
    const before = on.host;
    on.down(serviceVip, vip, on.context("vip", state));
    expect([on.host.firewall, on.host.services, on.host.routes]).toEqual([
      before.firewall,
      before.services,
      before.routes,
    ]);
    expect(() => on.plan(serviceVip, vip, on.context("vip", state))).toThrow(/is declared in bulk, by its NatChain/);
    on.down(natChain, args(service(1)), on.context("chain", chain));
    expect([on.rules(), natTablesOf(on.host).size, on.host.routes]).toEqual([[], 0, []]);
  });

  it("a service without a list of endpoints has Endpoints of its own, which stay until they go themselves", () => {
    const open = service(1, { endpoints: undefined });
    const own = { service: "A-SERVICES/S1", name: "X", address: "10.0.0.9" };
    const state = on.up(natChain, args(open), on.context("chain"));
    const end = on.up(endpoint, own, on.context("own"));
    expect(whys(args(open), state)).toEqual([]);
    on.down(endpoint, own, on.context("own", end));
    expect(whys(args(open), state)).toEqual([]);
  });

  it("of thousands that have drifted a preview says twenty, and how many more", async () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => {});
    const host = new FakeHost();
    const chain = lifecycleOn(host, "natChain");
    const inputs = {
      ...(args(...Array.from({ length: 25 }, (_, n) => service(n + 1))) as object),
      __owner: "p/s/chain",
    };
    const { id, outs } = await chain.create(inputs);
    host.snapshot.routes = [];
    expect((await chain.diff(id, outs, inputs)).changes).toBe(true);
    const lines = said.mock.calls.map(([line]) => String(line));
    said.mockRestore();
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatch(/^chain: NatChain A-SERVICES: services\[0\] "S1": address: found no route/);
    expect(lines.at(-1)).toBe("chain: NatChain A-SERVICES: and 5 more like these");
  });

  it("another stack's service of a name in the list is refused, with its place", () => {
    on.up(natChain, args(), on.context("chain"));
    on.up(serviceVip, { chain: "A-SERVICES", ...service(2) } as never, on.context("vip", undefined, false, "p/other"));
    expect(() => whys(args(service(1), service(2)), args())).toThrow(
      /^services\[1\] "S2": .* belongs to p\/other\/vip, another stack/,
    );
  });
});
