import { describe, expect, it } from "vitest";
import { localExec, must } from "../../provider/host/exec.js";
import type { HostError } from "../../provider/kernel/errors.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { leavesNothing, requireSandbox } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { Stack } from "./stack.js";
import { allRules, UserNamespace } from "./user-namespace.js";

// More than a transaction takes that is as long as Linux lets it be by default.
const BACKENDS = [
  { backend: "iptables", count: 300 },
  { backend: "nftables", count: 1500 },
] as const;

const address = (network: string, at: number) => `${network}.${at >> 8}.${at & 255}`;
const services = (count: number, more: (at: number) => Inputs = () => ({})): Inputs[] =>
  Array.from({ length: count }, (_, at) => ({
    name: `S${at}`,
    address: address("10.96", at + 1),
    ports: [{ port: 80, targetPort: 8080 }],
    endpoints: ["10.0", "10.1"].map((network, index) => ({
      name: `E${at}${"AB"[index]}`,
      address: address(network, at),
    })),
    ...more(at),
  }));

describe.each(BACKENDS)("$count services in a user namespace, on $backend", ({ backend, count }) => {
  const chain = (list: Inputs[]) => ({ name: "BIG-SERVICES", backend, vipRange: "10.96.0.0/16", services: list });

  async function inNamespace(body: (stack: Stack, place: UserNamespace) => Promise<void>): Promise<void> {
    requireSandbox();
    await using place = await new UserNamespace().ready();
    const before = await allRules(place.exec);
    const host = () => new RealHost({}, { exec: place.exec });
    const stack = new Stack("large", host(), host);
    await body(stack, place);
    place.instead = () => undefined;
    await stack.destroy();
    expect(await allRules(place.exec)).toEqual(before);
  }

  /** How many services a packet finds, and how many endpoints it finds behind them. */
  async function found(place: UserNamespace) {
    const rules = await allRules(place.exec);
    const of = (pattern: RegExp) => rules.filter((each) => pattern.test(each)).length;
    return {
      services: of(/^-A BIG-SERVICES .* -j BIG-SVC-S\d+$| : goto tcp-vip-2$/),
      endpoints: of(/ -j DNAT --to-destination \S+:8080$|^10\.96\.\S+ \. 80 \. \d : \S+ \. 8080$/),
    };
  }

  it("come, change and go in pieces, and all is as one transaction of root makes it", () =>
    inNamespace(async (stack, place) => {
      await stack.make("natChain", "chain", chain(services(count)));
      expect(place.tooLong).toBeGreaterThan(0);
      expect(place.taken).toBeGreaterThan(1);
      expect(await found(place)).toEqual({ services: count, endpoints: 2 * count });
      const root = new Stack("large");
      await leavesNothing(async () => {
        await root.make("natChain", "chain", chain(services(count)));
        expect(await allRules(place.exec)).toEqual(await allRules(localExec()));
        await root.destroy();
      });
      expect(await stack.drifted()).toEqual([]);
      place.tooLong = 0;
      await stack.update("chain", chain(services(count, () => ({ ports: [{ port: 80, targetPort: 8081 }] }))));
      expect(place.tooLong).toBeGreaterThan(0);
      expect(await found(place)).toEqual({ services: count, endpoints: 0 });
      expect(await stack.drifted()).toEqual([]);
    }));

  it("a run that is killed between two pieces leaves whole services, which the next run completes", () =>
    inNamespace(async (stack, place) => {
      let dead = false;
      place.instead = () => {
        dead ||= place.taken === 2;
        if (dead) throw new Error("the provider is dead");
        return undefined;
      };
      await expect(stack.make("natChain", "chain", chain(services(count)))).rejects.toThrow();
      const left = await found(place);
      expect(left.services).toBeGreaterThan(0);
      expect(left.services).toBeLessThan(count);
      expect(left.endpoints).toBe(2 * left.services);
      place.instead = () => undefined;
      stack.newRun();
      await stack.make("natChain", "chain", chain(services(count)));
      expect(await found(place)).toEqual({ services: count, endpoints: 2 * count });
      expect(await stack.drifted()).toEqual([]);
      // The same amid a removal, of which a transaction takes far more. A table with nothing else
      // in it goes as a whole.
      const other = ["POSTROUTING", "-j", "ACCEPT"];
      if (backend === "iptables") await must(place.exec, ["iptables", "-t", "nat", "-A", ...other]);
      place.taken = 0;
      dead = false;
      place.instead = ({ length }) => {
        dead ||= place.taken === 1;
        if (dead) throw new Error("the provider is dead");
        return length > 30_000 ? "sendmsg() failed: Message too long" : undefined;
      };
      stack.newRun();
      await expect(stack.remove("chain")).rejects.toThrow();
      const { services: still, endpoints } = await found(place);
      expect(endpoints).toBe(2 * still);
      expect(still).toBeGreaterThan(0);
      expect(still).toBeLessThan(count);
      if (backend === "iptables") await must(place.exec, ["iptables", "-t", "nat", "-D", ...other]);
    }));

  it("pieces that were done are taken back when a later one is refused", () =>
    inNamespace(async (stack, place) => {
      await stack.make("natChain", "chain", chain(services(3)));
      const before = await allRules(place.exec);
      place.taken = 0;
      place.instead = () => (place.taken === 2 && place.taken++ ? "Operation not supported" : undefined);
      stack.newRun();
      const error = await stack.update("chain", chain(services(count))).catch((thrown: HostError) => thrown);
      expect(error).toMatchObject({ code: "unsupported", undone: expect.arrayContaining(["its firewall rules"]) });
      expect(place.taken).toBeGreaterThan(3);
      expect(await allRules(place.exec)).toEqual(before);
    }));

  it("a chain that moves is not parted: where that is too long it stays as it is", () =>
    inNamespace(async (stack, place) => {
      const [some, other] = [services(40), backend === "iptables" ? "nftables" : "iptables"];
      await stack.make("natChain", "chain", chain(some));
      const before = await allRules(place.exec);
      place.instead = ({ length }) => (length > 5_000 ? "sendmsg() failed: Message too long" : undefined);
      stack.newRun();
      await expect(stack.update("chain", { ...chain(some), backend: other })).rejects.toThrow("this can't be parted");
      expect(await allRules(place.exec)).toEqual(before);
      place.instead = () => undefined;
      stack.newRun();
      await stack.update("chain", { ...chain(some), backend: other });
      expect(await allRules(place.exec)).not.toEqual(before);
      expect(await stack.drifted()).toEqual([]);
    }));

  it("one service that is too large by itself is refused with the limit and the cure", () =>
    inNamespace(async (stack, place) => {
      const endpoints = Array.from({ length: 5 * count }, (_, at) => ({
        name: `E${at}`,
        address: address("10.0", at),
      }));
      const [one] = services(1);
      const before = await allRules(place.exec);
      await expect(stack.make("natChain", "chain", chain([{ ...one, endpoints }]))).rejects.toThrow(
        /too-long.*Message too long.*: this can't be parted, and .* \(\d+ bytes, net\.core\.wmem_default\): run as root/s,
      );
      expect(await allRules(place.exec)).toEqual(before);
    }));
});
