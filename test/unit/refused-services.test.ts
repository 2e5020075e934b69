import { beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "../../provider/kernel/errors.js";
import type { TableName } from "../../provider/kernel/iptables/ruleset.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { applyStep } from "../../provider/services/steps.js";
import { FakeHost } from "../support/fake-host.js";
import { type Kind, lifecycleOn } from "../support/lifecycles.js";

const CHAIN = { name: "A-SERVICES" };
const WEB = { chain: "A-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80 }] };
const ENDPOINT = { service: "A-SERVICES/WEB", name: "WEB1", address: "10.0.0.1" };
const bulk = (...names: string[]) =>
  names.map((name, at) => ({ name, address: `10.100.1.${at + 1}`, ports: [{ port: 80 }] }));

let host: FakeHost;
let states: Map<string, { kind: Kind; id: string; outs: Inputs }>;
beforeEach(() => {
  host = new FakeHost();
  states = new Map();
});

const make = async (kind: Kind, resource: string, args: Inputs) => {
  const { id, outs } = await lifecycleOn(host, kind).create({ ...args, __owner: `p/s/${resource}` });
  states.set(resource, { kind, id, outs });
};
const change = (resource: string, args: Inputs) => {
  const { kind, id, outs } = states.get(resource)!;
  return lifecycleOn(host, kind).update(id, outs, { ...outs, ...args });
};
const destroy = (resource: string) => {
  const { kind, id, outs } = states.get(resource)!;
  return lifecycleOn(host, kind).delete(id, outs);
};
const chainByHand = (table: TableName, chain: string, ...rules: string[][]) =>
  applyStep(host.snapshot, { do: "chain", table, chain, rules: rules.map((spec) => ({ spec })), why: "by hand" });
/** What iptables was before somebody changed its variant. */
const inTheOtherVariant = () => {
  const firewall = structuredClone(host.snapshot.firewall);
  host.snapshot.otherVariants = [{ used: "iptables-nft", other: "iptables-legacy", firewall }];
};

describe("what is refused of services names the argument", () => {
  it.each<[string, string, RegExp, () => Promise<unknown>]>([
    [
      "a name that a NatChain's list has",
      "name",
      /is declared in bulk/,
      async () => {
        await make("natChain", "chain", { ...CHAIN, services: bulk("WEB") });
        await make("serviceVip", "web", { ...WEB, address: "10.100.0.9" });
      },
    ],
    [
      "a name that makes the chain of another service",
      "name",
      /belongs to the service A-SERVICES\/WEB/,
      async () => {
        await make("natChain", "chain", CHAIN);
        await make("serviceVip", "web", WEB);
        await make("natChain", "other", { name: "A" });
        await make("serviceVip", "clash", { ...WEB, chain: "A", address: "10.100.0.9" });
      },
    ],
    [
      "a chain whose name is taken in table filter",
      "chain",
      /was not made by this product/,
      async () => {
        await make("natChain", "chain", CHAIN);
        chainByHand("filter", "A-SERVICES", ["-j", "RETURN"]);
        await make("serviceVip", "web", WEB);
      },
    ],
    [
      "the same of an endpoint, which names its chain by its service",
      "service",
      /was not made by this product/,
      async () => {
        await make("natChain", "chain", CHAIN);
        await make("serviceVip", "web", WEB);
        chainByHand("nat", "A/masq", ["-j", "RETURN"]);
        await make("endpoint", "web1", ENDPOINT);
      },
    ],
    [
      "a name that is too long for the chain of the service",
      "name",
      /29 bytes.*to 12 bytes/,
      async () => {
        await make("natChain", "chain", { name: "ELEVENCHARS" });
        await make("serviceVip", "web", { ...WEB, chain: "ELEVENCHARS" });
        await make("endpoint", "long", { ...ENDPOINT, service: "WEB", name: "x".repeat(13) });
      },
    ],
    [
      "weights that make too many shares",
      "endpoints",
      /make 65537 shares/,
      async () => {
        await make("natChain", "chain", { ...CHAIN, backend: "nftables" });
        const endpoints = [
          { name: "WEB1", address: "10.0.0.1", weight: 65_535 },
          { name: "WEB2", address: "10.0.0.2", weight: 2 },
        ];
        await make("serviceVip", "web", { ...WEB, endpoints });
      },
    ],
    [
      "a weight that makes too many shares",
      "weight",
      /make 65537 shares/,
      async () => {
        await make("natChain", "chain", { ...CHAIN, backend: "nftables" });
        await make("serviceVip", "web", WEB);
        await make("endpoint", "web1", { ...ENDPOINT, weight: 65_535 });
        await make("endpoint", "web2", { ...ENDPOINT, name: "WEB2", address: "10.0.0.2", weight: 2 });
      },
    ],
    [
      "another backend for a service that has lost its address",
      "backend",
      /has lost the rules of its address/,
      async () => {
        await make("natChain", "chain", CHAIN);
        await make("serviceVip", "web", { ...WEB, externalIPs: ["10.100.0.8"] });
        const table = host.snapshot.firewall.get("nat")!;
        const { rules } = table.get("A-SERVICES")!;
        const left = rules.filter(({ spec }) => !spec.includes("10.100.0.1/32"));
        expect(left).not.toHaveLength(rules.length);
        applyStep(host.snapshot, { do: "chain", table: "nat", chain: "A-SERVICES", rules: left, why: "by hand" });
        await change("chain", { backend: "nftables" });
      },
    ],
    [
      "another backend for a chain in which somebody else has a rule",
      "backend",
      /is still in use/,
      async () => {
        await make("natChain", "chain", CHAIN);
        chainByHand("nat", "A-SERVICES", ["-s", "10.1.0.0/16", "-j", "RETURN"]);
        await change("chain", { backend: "nftables" });
      },
    ],
    [
      "a removal of a chain in which somebody else has a rule",
      "name",
      /is still in use/,
      async () => {
        await make("natChain", "chain", CHAIN);
        chainByHand("nat", "A-SERVICES", ["-s", "10.1.0.0/16", "-j", "RETURN"]);
        await destroy("chain");
      },
    ],
    [
      "a chain that the other variant of iptables has",
      "name",
      /is in iptables-legacy already/,
      async () => {
        await make("natChain", "chain", CHAIN);
        inTheOtherVariant();
        await make("natChain", "chain", CHAIN);
      },
    ],
    [
      "forwarding rules in the other variant",
      "forward",
      /is in iptables-legacy already \(table filter/,
      async () => {
        await make("bridge", "b", { name: "b", forward: true });
        inTheOtherVariant();
        await make("bridge", "b", { name: "b", forward: true });
      },
    ],
    [
      "masquerading rules in the other variant",
      "masquerade",
      /is in iptables-legacy already \(table nat/,
      async () => {
        await make("bridge", "b", { name: "b", masquerade: ["10.0.0.0/24"] });
        inTheOtherVariant();
        await make("bridge", "b", { name: "b" });
      },
    ],
  ])("%s", async (_what, argument, reason, attempt) => {
    const error = await attempt().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).reason).toMatch(reason);
    expect((error as Refusal).argument).toBe(argument);
  });
});
