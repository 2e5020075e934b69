import { describe, expect, it } from "vitest";
import { withPort } from "../../provider/kernel/family.js";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { leavesNothing } from "../support/host.js";
import { worlds } from "../support/size.js";
import { steadyState } from "../support/steady.js";
import { request, withServers } from "../support/traffic.js";
import { inWorld, KINDS, type ServiceWorld } from "./service-world.js";
import { Stack } from "./stack.js";

const PORTS = [{ port: 80 }];
const listed = (world: ServiceWorld, ...numbers: number[]): Inputs[] =>
  numbers.map((n) => ({ name: `W${n}`, address: world.pod(n) }));

describe.each(worlds(KINDS))("$backend, $family", (kind) => {
  const withTwo = (body: (world: ServiceWorld, args: Inputs) => Promise<void>) =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 3, async (world) => {
        const servers = [1, 2].map((n) => ({ netns: world.netns(n), name: `p${n}`, port: 80 }));
        await withServers(servers, () =>
          body(world, { chain: "WORLD-SERVICES", name: "W", address: world.vip(1), ports: PORTS }),
        );
      }),
    );

  it("endpoints that were resources become carried ones in one run, and no connection fails meanwhile; and back", () =>
    withTwo(async (world, args) => {
      await world.service("W", { ports: PORTS });
      for (const n of [1, 2]) await world.endpoint("W", n);
      const ask = (count: number) =>
        request({ netns: world.netns(3), url: `http://${withPort(world.vip(1), 80)}/`, count });
      const meanwhile = ask(1_500);
      // As an engine does it: what is declared first, what is declared no more last.
      await world.stack.update("W", { ...args, endpoints: listed(world, 1, 2) });
      for (const n of [2, 1]) await world.stack.remove(`W${n}`);
      const { failures, answers } = await meanwhile;
      expect([failures, Object.keys(answers).sort()]).toEqual([{}, ["p1", "p2"]]);
      expect(await world.stack.drifted()).toEqual([]);

      await world.stack.update("W", args);
      for (const n of [1, 2]) await world.endpoint("W", n);
      expect(Object.keys((await ask(100)).answers).sort()).toEqual(["p1", "p2"]);
      expect(await world.stack.drifted()).toEqual([]);
    }));

  it("0 of 1,500 connections fail while carried endpoints come, change and go", () =>
    withTwo(async (world, args) => {
      await world.stack.make("serviceVip", "W", { ...args, endpoints: listed(world, 1) });
      const meanwhile = request({
        netns: world.netns(3),
        url: `http://${withPort(world.vip(1), 80)}/`,
        count: 1_500,
        concurrency: 2,
      });
      for (const numbers of [[1, 2], [2], [2, 1], [1]])
        await world.stack.update("W", { ...args, endpoints: listed(world, ...numbers) });
      expect((await meanwhile).failures).toEqual({});
      expect(await world.stack.drifted()).toEqual([]);
    }));

  it("an Endpoint of its own is refused, and so is carrying beside one of another stack; nothing is changed by it", () =>
    withTwo(async (world, args) => {
      await world.stack.make("serviceVip", "W", { ...args, endpoints: listed(world, 1) });
      const own = { service: "WORLD-SERVICES/W", name: "W2", address: world.pod(2) };
      const [other, before] = [new Stack("other"), await steadyState()];
      for (const stack of [world.stack, other])
        await expect(stack.make("endpoint", "W2", own)).rejects.toThrow(
          "service: WORLD-SERVICES/W carries its endpoints (endpoints: […]), and the Endpoint W2 is a resource of its own",
        );
      expect(await steadyState()).toEqual(before);
      await world.stack.update("W", args);
      await other.make("endpoint", "W2", own);
      await expect(world.stack.update("W", { ...args, endpoints: listed(world, 1) })).rejects.toThrow(
        "has the Endpoint W2 of test/other/W2 besides: remove that first",
      );
      await other.destroy();
    }));
});
