import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ServiceHead } from "../../provider/kernel/service-change.js";
import { USUAL } from "../../provider/kernel/service-spec.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import type * as Backends from "../../provider/services/backends.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { addresses, owned, SpoiledChain } from "../support/spoiled-chain.js";

vi.mock("../../provider/services/backends.js", async (original) => {
  const { plain } = await import("../support/plain/index.js");
  const actual = await original<typeof Backends>();
  return { ...actual, backends: [...actual.backends, plain] };
});

const CHAIN = "A-SERVICES";

describe.each(["iptables", "nftables", "plain"])("what a refresh finds on %s", (backend) => {
  describe.each([
    ["IPv4", false],
    ["IPv6", true],
  ])("of %s", (_family, six) => {
    const { loose, at, network } = addresses(six);
    let on: SpoiledChain;
    beforeEach(() => {
      on = new SpoiledChain(backend, six);
    });

    const vip = (more: Inputs = {}): Inputs =>
      owned({
        chain: CHAIN,
        name: "WEB",
        address: loose(9, 1),
        ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30080 }, { port: 81 }],
        externalIPs: [loose(8, 1), loose(8, 2)],
        loadBalancerSourceRanges: [network(7)],
        endpoints: [
          { name: "WEB1", address: loose(5, 1) },
          { name: "WEB2", address: loose(5, 2), weight: 2, local: false },
        ],
        ...more,
      });
    const [first, second] = vip().endpoints as [Inputs, Inputs];
    const [http, other] = vip().ports as [Inputs, Inputs];

    it.each<[string, Inputs, (head: ServiceHead) => Partial<ServiceHead>, Inputs?]>([
      ["its address", { address: at(9, 2) }, () => ({ address: at(9, 2) })],
      [
        "where a port leads",
        { ports: [{ ...http, targetPort: 9090 }, other] },
        ({ ports }) => ({ ports: ports.map((each) => (each.port === 80 ? { ...each, targetPort: 9090 } : each)) }),
      ],
      [
        "the protocol of a port",
        { ports: [http, { ...other, protocol: "udp" }] },
        ({ ports }) => ({ ports: ports.map((each) => (each.port === 81 ? { ...each, protocol: "udp" } : each)) }),
      ],
      [
        "a port whose target follows it",
        { ports: [http, { port: 82, protocol: "tcp", targetPort: 81 }] },
        ({ ports }) => ({ ports: ports.map((each) => (each.port === 81 ? { ...each, port: 82 } : each)) }),
      ],
      [
        "a node port that is gone",
        { ports: [{ name: "http", port: 80, targetPort: 8080 }, other] },
        ({ ports }) => ({ ports: ports.map(({ nodePort: _, ...each }) => each) }),
      ],
      [
        "a port less and a port more",
        { ports: [http] },
        ({ ports }) => ({ ports: ports.filter(({ port }) => port === 80) }),
      ],
      ["affinity", { sessionAffinity: "ClientIP" }, () => ({ affinitySeconds: 10_800 })],
      [
        "affinity for another time",
        { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 600 },
        () => ({ affinitySeconds: 600 }),
      ],
      [
        "no affinity",
        { sessionAffinity: "None", sessionAffinityTimeoutSeconds: undefined },
        () => ({ affinitySeconds: undefined }),
        { sessionAffinity: "ClientIP", sessionAffinityTimeoutSeconds: 60 },
      ],
      ["an external address less", { externalIPs: [loose(8, 2)] }, () => ({ externalIPs: [at(8, 2)] })],
      [
        "another network that may come in",
        { loadBalancerSourceRanges: [network(6)] },
        () => ({ loadBalancerSourceRanges: [network(6)] }),
      ],
      ["the policy for outside", { externalTrafficPolicy: "Local" }, () => ({ externalTrafficPolicy: "Local" })],
      ["the policy for inside", { internalTrafficPolicy: "Local" }, () => ({ internalTrafficPolicy: "Local" })],
      [
        "a policy that is the default",
        { internalTrafficPolicy: "Cluster" },
        () => ({ internalTrafficPolicy: "Cluster" }),
        { internalTrafficPolicy: "Local" },
      ],
    ])("of a service: %s", async (_what, shown, by, declared = {}) => {
      await on.make("natChain", on.chain());
      expect(await on.refreshed("serviceVip", vip(declared), () => on.spoilHead("WEB", by))).toEqual(shown);
    });

    const carried: [string, Inputs[], (name: string) => void][] = [
      ["a weight", [{ ...first, weight: 5 }, second], (name) => on.spoilEndpoint(name, "WEB1", { weight: 5 })],
      [
        "an address",
        [{ ...first, address: at(5, 9) }, second],
        (name) => on.spoilEndpoint(name, "WEB1", { address: at(5, 9) }),
      ],
      [
        "one that is not ready",
        [{ ...first, ready: false, serving: true }, second],
        (name) => on.spoilEndpoint(name, "WEB1", { ready: false }),
      ],
      [
        "one less",
        [second],
        (name) => on.spoil(name, ({ endpoints }) => ({ endpoints: endpoints.filter((each) => each.name !== "WEB1") })),
      ],
      [
        "one more",
        [first, second, { name: "WEB3", address: at(5, 3), weight: 1, terminating: false, local: true }],
        (name) =>
          on.spoil(name, ({ endpoints }) => ({
            endpoints: [...endpoints, { ...endpoints[0]!, ...USUAL, name: "WEB3", address: at(5, 3) }],
          })),
      ],
    ];
    it.each(carried)("of the endpoints that a service carries: %s", async (_what, endpoints, by) => {
      await on.make("natChain", on.chain());
      expect(await on.refreshed("serviceVip", vip(), () => by("WEB"))).toEqual({ endpoints });
    });

    const bulk = () => {
      const { chain: _, __owner: __, ...service } = vip();
      return { ...service };
    };
    it.each(carried)("of the endpoints of a service in bulk: %s", async (_what, endpoints, by) => {
      const few = { name: "FEW", address: loose(9, 7), ports: [{ port: 53, protocol: "udp" }] };
      const shown = await on.refreshed("natChain", on.chain({ services: [few, bulk()] }), () => by("WEB"));
      expect(shown).toEqual({ services: [few, { ...bulk(), endpoints }] });
    });

    it.each<[string, (service: Inputs) => Inputs[], () => void]>([
      [
        "one that answers elsewhere",
        (service) => [{ ...service, address: at(9, 2) }],
        () => on.spoilHead("WEB", () => ({ address: at(9, 2) })),
      ],
      ["one that is gone", () => [], () => on.spoil("WEB", () => null)],
      [
        "one more",
        (service) => [
          service,
          {
            name: "MORE",
            address: at(9, 3),
            ports: [{ port: 99, protocol: "tcp", targetPort: 99 }],
            sessionAffinity: "None",
            externalIPs: [],
            loadBalancerSourceRanges: [],
            externalTrafficPolicy: "Cluster",
            internalTrafficPolicy: "Cluster",
            endpoints: [],
          },
        ],
        () => {
          const { service, ...held } = on.found().services.get(on.key("WEB"))!;
          const ports = [{ port: 99, protocol: "tcp" as const, targetPort: 99 }];
          const lists = { externalIPs: [], loadBalancerSourceRanges: [] };
          const head = { ...service!, name: "MORE", address: at(9, 3), ports, ...lists };
          on.byHand({ service: on.key("MORE"), state: { ...held, name: "MORE", service: head, endpoints: [] } });
        },
      ],
    ])("of services in bulk: %s", async (_what, shown, by) => {
      const services = [bulk()];
      expect(await on.refreshed("natChain", on.chain({ services }), by)).toEqual({ services: shown(bulk()) });
    });

    it("nothing of what other stacks have put there", async () => {
      const { id, outs } = await on.make("natChain", on.chain({ services: [bulk()] }));
      const theirs = { chain: CHAIN, name: "THEIRS", address: at(9, 6), ports: [{ port: 1 }], __owner: "p/other/x" };
      await on.make("serviceVip", theirs);
      await on.make("endpoint", { service: `${CHAIN}/THEIRS`, name: "T1", address: at(5, 7), __owner: "p/other/y" });
      expect(await lifecycleOn(on.host, "natChain").read(id, outs)).toEqual({ id, props: outs });
    });
  });
});
