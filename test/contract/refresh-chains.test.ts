import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ChainSpec, EndpointSpec } from "../../provider/kernel/service-spec.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import type * as Backends from "../../provider/services/backends.js";
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

    const web = owned({ chain: CHAIN, name: "WEB", address: loose(9, 1), ports: [{ port: 80 }] }, "web");

    const rule = { destination: loose(4, 1), protocol: "tcp", destinationPort: 80, toDestination: at(5, 1) };
    const another = { destination: at(4, 1), protocol: "udp", destinationPort: 53, toDestination: at(5, 1) } as const;
    it.each<[string, Inputs, (spec: ChainSpec) => Partial<ChainSpec>, Inputs?]>([
      ["its hooks", { hooks: ["PREROUTING"] }, () => ({ hooks: ["PREROUTING"] })],
      ["rules that are gone", { rules: [] }, () => ({ rules: [] })],
      ["a rule more", { rules: [rule, another] }, ({ rules }) => ({ rules: [...rules, another] })],
      ["another range", { vipRange: network(2) }, () => ({ vipRanges: [network(2)] })],
      ["no range", { vipRange: undefined }, () => ({ vipRanges: [] })],
      [
        "a range where none is declared",
        { vipRange: network(2) },
        () => ({ vipRanges: [network(2)] }),
        { vipRange: undefined },
      ],
    ])("of a NatChain: %s", async (_what, shown, by, declared = {}) => {
      const inputs = on.chain({ hooks: ["OUTPUT", "PREROUTING"], rules: [rule], vipRange: network(1), ...declared });
      const args = JSON.parse(JSON.stringify(inputs)) as Inputs;
      const spec = () => on.byHand({ chain: { ...on.found().spec!, ...by(on.found().spec!) } });
      expect(await on.refreshed("natChain", args, spec)).toEqual(shown);
    });

    const own = (more: Inputs = {}) =>
      owned({ service: `${CHAIN}/WEB`, name: "OWN", address: loose(5, 1), ...more }, "own");
    it.each<[string, Inputs, Partial<EndpointSpec>, Inputs?]>([
      ["its address", { address: at(5, 9) }, { address: at(5, 9) }],
      ["its weight", { weight: 3 }, { weight: 3 }],
      ["a weight that is the default", { weight: 1 }, { weight: 1 }, { weight: 0 }],
      ["that it is not ready", { ready: false, serving: true }, { ready: false }],
      ["that it is ready", { ready: true }, { ready: true }, { ready: false, serving: true }],
      ["that it serves no more", { serving: false }, { serving: false }],
      ["that it terminates", { terminating: true, ready: true }, { terminating: true }],
      ["that it terminates and is not ready", { terminating: true }, { terminating: true, ready: false }],
      ["that it is elsewhere", { local: false }, { local: false }],
    ])("of an endpoint: %s", async (_what, shown, change, declared = {}) => {
      await on.make("natChain", on.chain());
      await on.make("serviceVip", web);
      expect(await on.refreshed("endpoint", own(declared), () => on.spoilEndpoint("WEB", "OWN", change))).toEqual(
        shown,
      );
    });

    it("of an endpoint: another service", async () => {
      await on.make("natChain", on.chain());
      await on.make("serviceVip", web);
      await on.make("serviceVip", owned({ chain: CHAIN, name: "API", address: at(9, 5), ports: [{ port: 1 }] }, "web"));
      const shown = await on.refreshed("endpoint", own(), () => {
        const [endpoint] = on.found().services.get(on.key("WEB"))!.endpoints;
        on.spoil("WEB", () => ({ endpoints: [] }));
        on.spoil("API", () => ({ endpoints: [endpoint!] }));
      });
      expect(shown).toEqual({ service: `${CHAIN}/API` });
    });
  });
});
