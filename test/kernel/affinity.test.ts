import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { leavesNothing } from "../support/host.js";
import { worlds } from "../support/size.js";
import { askFrom } from "../support/sockets.js";
import { inWorld, KINDS, type ServiceWorld } from "./service-world.js";
import { Stack } from "./stack.js";

describe.each(worlds(KINDS))("$backend, $family", (kind) => {
  const PORTS = [{ port: 80 }, { port: 53, protocol: "udp" }];
  const CLIENTS = [4, 5, 6, 7];

  async function withEndpoints(args: object, body: (world: ServiceWorld) => Promise<void>): Promise<void> {
    await leavesNothing(() =>
      inWorld(new Stack(), kind, 7, async (world) => {
        await world.service("A", { ports: PORTS, sessionAffinity: "ClientIP", ...args });
        for (const n of [1, 2, 3]) {
          await world.endpoint("A", n);
          await world.serve(n, "tcp", 80);
          await world.serve(n, "udp", 53);
        }
        await body(world);
      }),
    );
  }

  /** Who answers a client, however often it asks. */
  const answering = async (world: ServiceWorld, n: number, count = 12) =>
    Object.keys((await askFrom(world.netns(n), "tcp", world.vip(1), 80, count)).answers);

  it("a client stays with its endpoint, on every port; other clients may have others", () =>
    withEndpoints({}, async (world) => {
      for (const n of CLIENTS) {
        // Requests that are under way together may not know of each other yet.
        const [first] = await answering(world, n, 1);
        expect(await answering(world, n)).toEqual([first]);
        const udp = await askFrom(world.netns(n), "udp", world.vip(1), 53, 12);
        expect(Object.keys(udp.answers)).toEqual([first]);
      }
      expect(await world.stack.drifted()).toEqual([]);
    }));

  it("never stays with an endpoint that is gone or drained, and then stays with the next", () =>
    withEndpoints({}, async (world) => {
      await answering(world, 4, 1);
      const [first = ""] = await answering(world, 4);
      await world.stack.remove(`A${first.slice(1)}`);
      await answering(world, 4, 1);
      const second = await answering(world, 4);
      expect(second).toHaveLength(1);
      expect(second).not.toContain(first);
      await world.change("A", Number(second[0]!.slice(1)), { weight: 0 });
      const third = await answering(world, 4);
      expect(third).toHaveLength(1);
      expect([first, ...second]).not.toContain(third[0]);
      expect(await world.stack.drifted()).toEqual([]);
    }));

  it(
    "ends with its timeout, and with the argument",
    () =>
      withEndpoints({ sessionAffinityTimeoutSeconds: 1 }, async (world) => {
        const seen = new Set<string>();
        for (let tries = 0; tries < 40 && seen.size < 2; tries++) {
          for (const name of await answering(world, 4, 1)) seen.add(name);
          await sleep(1100);
        }
        expect(seen.size).toBe(2);
        await world.changeService("A", { ports: PORTS });
        expect((await answering(world, 4, 60)).sort()).toEqual(["p1", "p2", "p3"]);
        expect(await world.stack.drifted()).toEqual([]);
      }),
    stretched(120_000),
  );
});
