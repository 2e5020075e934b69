import { beforeAll, expect, it } from "vitest";
import { leavesNothing, output, requireSandbox } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { askFrom, serveOn } from "../support/sockets.js";
import { Stack } from "./stack.js";

beforeAll(requireSandbox);

const CHAIN = { name: "FAM-SERVICES" };
const ports = [{ port: 80 }];
const of = (name: string, address: string) => ({ chain: "FAM-SERVICES", name, address, ports });
const at = (service: string, address: string) => ({ service: `FAM-SERVICES/${service}`, name: `${service}1`, address });

/** A bridge of both families and a pod that answers at both its addresses. */
async function inNetwork(stack: Stack, body: () => Promise<void>): Promise<void> {
  const addresses = ["10.60.0.1/24", "fd00:60::1/64"];
  await stack.make("bridge", "bridge", { name: "fam_br", addresses, forward: true });
  await stack.make("netNamespace", "ns", { name: "fam_p" });
  await stack.make("vethPair", "veth", {
    name: "fam_v",
    bridge: "fam_br",
    peer: {
      name: "eth0",
      namespace: "fam_p",
      addresses: ["10.60.0.11/24", "fd00:60::11/64"],
      gateway: ["10.60.0.1", "fd00:60::1"],
    },
  });
  const server = await serveOn("fam_p", "pod", "tcp", 80);
  try {
    await body();
  } finally {
    await server.stop();
    await stack.destroy();
  }
}

const tables6 = async () => await output(["ip6tables-save", "-t", "nat"]);

it("one NatChain serves both families: it comes into IPv6's table with the first service there, and goes with the last", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await inNetwork(stack, async () => {
      await stack.make("natChain", "chain", CHAIN);
      await stack.make("serviceVip", "four", of("FOUR", "10.61.0.1"));
      await stack.make("endpoint", "four1", at("FOUR", "10.60.0.11"));
      expect(await output(["nft", "list", "tables"])).not.toContain("ip6 nat");
      // Of another stack, whose chain it is not.
      const other = new Stack("other");
      await other.make("serviceVip", "six", of("SIX", "FD00:61::0:1"));
      await other.make("endpoint", "six1", at("SIX", "fd00:60::11"));
      for (const vip of ["10.61.0.1", "fd00:61::1"])
        for (const from of [undefined, "fam_p"])
          expect(await askFrom(from, "tcp", vip, 80, 3)).toMatchObject({ answers: { pod: 3 }, failures: {} });
      expect([await stack.drifted(), await other.drifted()]).toEqual([[], []]);
      await output(["ip6tables", "-t", "nat", "-F", "OUTPUT"]);
      expect(await stack.heal()).toEqual(["chain"]);
      expect((await askFrom(undefined, "tcp", "fd00:61::1", 80, 1)).answers).toEqual({ pod: 1 });
      await stack.update("chain", { ...CHAIN, hooks: ["PREROUTING"] });
      expect(await tables6()).not.toMatch(/-A OUTPUT .*FAM-SERVICES/);
      expect((await askFrom("fam_p", "tcp", "fd00:61::1", 80, 1)).answers).toEqual({ pod: 1 });
      await expect(stack.remove("chain")).rejects.toThrow(/still in use/);
      await other.destroy();
      expect(await output(["nft", "list", "tables"])).not.toContain("ip6 nat");
      expect(await stack.drifted()).toEqual([]);
    });
  }));

it("a plain DNAT rule and a range of IPv6 are enough for it to be there", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await inNetwork(stack, async () => {
      const rules = [
        { destination: "FD00:61::9", protocol: "tcp", destinationPort: 80, toDestination: "[FD00:60::11]:80" },
      ];
      await stack.make("natChain", "chain", { ...CHAIN, vipRange: "fd00:61::/112", rules });
      expect((await askFrom(undefined, "tcp", "fd00:61::9", 80, 2)).answers).toEqual({ pod: 2 });
      expect((await askFrom("fam_p", "tcp", "fd00:61::8", 80, 1)).failures).toEqual({ "no answer": 1 });
      expect(await stack.drifted()).toEqual([]);
      await expect(stack.make("serviceVip", "out", of("OUT", "fd00:62::1"))).rejects.toThrow(/outside fd00:61::\/112/);
      await stack.update("chain", CHAIN);
      expect(await output(["nft", "list", "tables"])).not.toContain("ip6 nat");
      expect(await output(["ip", "-6", "route"])).not.toContain("fd00:61::");
    });
  }));

it("a service moves from one backend to the other in IPv6 too, and is answered", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await inNetwork(stack, async () => {
      await stack.make("natChain", "chain", CHAIN);
      await stack.make("serviceVip", "six", of("SIX", "fd00:61::1"));
      await stack.make("endpoint", "six1", at("SIX", "fd00:60::11"));
      for (const backend of ["nftables", "iptables"]) {
        await stack.update("chain", { ...CHAIN, backend });
        expect(await stack.drifted()).toEqual([]);
        for (const from of [undefined, "fam_p"])
          expect((await askFrom(from, "tcp", "fd00:61::1", 80, 2)).answers).toEqual({ pod: 2 });
      }
    });
  }));

it("an endpoint of the other family is refused by check where the program has the service, and else by create", async () => {
  await leavesNothing(async () => {
    const stack = new Stack();
    await stack.make("natChain", "chain", CHAIN);
    await stack.make("serviceVip", "six", of("SIX", "fd00:61::1"));
    const wrong = /address: 10.60.0.11 is of another family than the service's, fd00:61::1/;
    await expect(stack.make("endpoint", "wrong", at("SIX", "10.60.0.11"))).rejects.toThrow(wrong);
    await stack.destroy();
  });
  const host = new RealHost({});
  const check = async (kind: "serviceVip" | "endpoint", args: object) =>
    (await lifecycleOn(host, kind).check({}, { ...args, __owner: "test/families/x" })).failures;
  expect(await check("serviceVip", of("CHECKED", "fd00:63::1"))).toEqual([]);
  expect(await check("endpoint", at("CHECKED", "10.60.0.11"))).toEqual([
    { property: "address", reason: expect.stringMatching(/^10.60.0.11 is of another family than/) },
  ]);
});
