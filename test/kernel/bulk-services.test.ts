import { describe, expect, it } from "vitest";
import { withPort } from "../../provider/kernel/family.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { leavesNothing } from "../support/host.js";
import { worlds } from "../support/size.js";
import { request, withServers } from "../support/traffic.js";
import { inWorld, KINDS, type ServiceWorld } from "./service-world.js";
import { Stack } from "./stack.js";

const PORTS = [{ port: 80 }];
const entry = (world: ServiceWorld, name: string, n: number, more: Inputs = {}): Inputs => ({
  name,
  address: world.vip(n),
  ports: PORTS,
  endpoints: [{ name: `${name}${n}`, address: world.pod(n) }],
  ...more,
});

describe.each(worlds(KINDS))("$backend, $family", (kind) => {
  const withTwo = (body: (world: ServiceWorld, chain: Inputs) => Promise<void>) =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 3, async (world) => {
        const servers = [1, 2].map((n) => ({ netns: world.netns(n), name: `p${n}`, port: 80 }));
        await withServers(servers, () => body(world, { name: "WORLD-SERVICES", backend: kind.backend }));
      }),
    );
  const answering = async (world: ServiceWorld, n: number) =>
    Object.keys(
      (await request({ netns: world.netns(3), url: `http://${withPort(world.vip(n), 80)}/`, count: 5 })).answers,
    );

  it("services and endpoints that were resources come to be in bulk in one run, and no connection fails meanwhile; and back", () =>
    withTwo(async (world, chain) => {
      const vips: [string, number][] = [
        ["A", 1],
        ["B", 2],
      ];
      const resources = async () => {
        for (const [name, n] of vips) {
          await world.service(name, { address: world.vip(n), ports: PORTS });
          await world.endpoint(name, n);
        }
      };
      await resources();
      const meanwhile = request({ netns: world.netns(3), url: `http://${withPort(world.vip(1), 80)}/`, count: 1_500 });
      // As an engine does it: what is declared first, what is declared no more last.
      await world.stack.update("chain", { ...chain, services: vips.map(([name, n]) => entry(world, name, n)) });
      for (const resource of ["B2", "A1", "B", "A"]) await world.stack.remove(resource);
      expect((await meanwhile).failures).toEqual({});
      expect([await answering(world, 1), await answering(world, 2)]).toEqual([["p1"], ["p2"]]);
      expect(await world.stack.drifted()).toEqual([]);
      await world.stack.update("chain", chain);
      expect(await answering(world, 1)).toEqual([]);
      await resources();
      expect([await answering(world, 1), await answering(world, 2)]).toEqual([["p1"], ["p2"]]);
      expect(await world.stack.drifted()).toEqual([]);
    }));

  it("services swap addresses and endpoints move between them; beside them stands a ServiceVip, which nothing of it touches", () =>
    withTwo(async (world, chain) => {
      const update = (...services: Inputs[]) => world.stack.update("chain", { ...chain, services });
      await world.stack.make("serviceVip", "own", { chain: chain.name, ...entry(world, "OWN", 3, { endpoints: [] }) });
      await update(entry(world, "A", 1), entry(world, "B", 2));
      expect([await answering(world, 1), await answering(world, 2)]).toEqual([["p1"], ["p2"]]);
      await update(entry(world, "A", 1, { address: world.vip(2) }), entry(world, "B", 2, { address: world.vip(1) }));
      expect([await answering(world, 1), await answering(world, 2)]).toEqual([["p2"], ["p1"]]);
      const moved = [{ name: "A1", address: world.pod(1) }];
      await update(entry(world, "A", 1, { endpoints: [] }), entry(world, "B", 2, { endpoints: moved }));
      expect([await answering(world, 1), await answering(world, 2)]).toEqual([[], ["p1"]]);
      expect(await world.stack.drifted()).toEqual([]);
      await expect(update(entry(world, "A", 3))).rejects.toThrow(
        `services[0] "A": address: ${withPort(world.vip(3), 80)} (tcp) is taken by the service WORLD-SERVICES/OWN of test/kernel/own`,
      );
      await update();
      expect(await world.stack.drifted()).toEqual([]);
    }));

  it("the chain changes its backend with all that it carries", () =>
    withTwo(async (world, chain) => {
      const services = [entry(world, "A", 1), entry(world, "B", 2)];
      await world.stack.update("chain", { ...chain, services });
      for (const backend of kind.backend === "iptables" ? ["nftables", "iptables"] : ["iptables", "nftables"]) {
        await world.stack.update("chain", { ...chain, backend, services });
        expect([await answering(world, 1), await answering(world, 2)]).toEqual([["p1"], ["p2"]]);
        expect(await world.stack.drifted()).toEqual([]);
      }
    }));
});
