import { describe, expect, it } from "vitest";
import { withPort } from "../../provider/kernel/family.js";
import { leavesNothing, output } from "../support/host.js";
import { saved } from "../support/saved-rules.js";
import { worlds } from "../support/size.js";
import { request, withServers } from "../support/traffic.js";
import { inWorld, KINDS, type ServiceWorld } from "./service-world.js";
import { Stack } from "./stack.js";

describe.each(worlds(KINDS))("$backend, $family", (kind) => {
  /** Three pods serve at port 80. What is there when the body has ended goes with the stack. */
  const inService = (body: (world: ServiceWorld) => Promise<void>) =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 4, async (world) => {
        const servers = [1, 2, 3].map((n) => ({ netns: world.netns(n), name: `p${n}`, port: 80 }));
        await withServers(servers, () => body(world));
      }),
    );

  /** Who answers at a virtual IP. */
  const answering = async (world: ServiceWorld, vip = 1) => {
    const url = `http://${withPort(world.vip(vip), 80)}/`;
    return Object.keys((await request({ netns: world.netns(4), url, count: 60 })).answers).sort();
  };

  it("destroy takes an endpoint along that came back after it was removed", () =>
    inService(async (world) => {
      await world.service("W", { ports: [{ port: 80 }] });
      for (const n of [2, 3]) await world.endpoint("W", n);
      const restore = await saved("WORLD-SERVICES", kind.backend, kind.family);
      await world.removeEndpoint("W", 3);
      expect(await answering(world)).toEqual(["p2"]);
      await restore();
      expect(await answering(world)).toEqual(["p2", "p3"]);
    }));

  it("destroy takes a service along that came back, with its endpoints and its route", () =>
    inService(async (world) => {
      await world.service("W", { ports: [{ port: 80 }] });
      await world.endpoint("W", 1);
      await world.service("BACK", { address: world.vip(2), ports: [{ port: 80 }] });
      await world.endpoint("BACK", 3);
      const restore = await saved("WORLD-SERVICES", kind.backend, kind.family);
      await world.removeEndpoint("BACK", 3);
      await world.stack.remove("BACK");
      await restore();
      await output(["ip", "route", "replace", world.vip(2), "dev", "lo", "proto", "104"]);
      expect(await answering(world, 2)).toEqual(["p3"]);
    }));

  it("destroy takes endpoints along whose service is gone", () =>
    inService(async (world) => {
      await world.service("W", { ports: [{ port: 80 }] });
      await world.endpoint("W", 1);
      world.stack.newRun();
      await world.stack.heal();
      await world.stack.remove("W");
      world.stack.made.delete("W1");
    }));

  it("what is another stack's stays, and refuses the removal of what it is in", () =>
    inService(async (world) => {
      await world.service("W", { ports: [{ port: 80 }] });
      for (const n of [1, 2]) await world.endpoint("W", n);
      const other = new Stack("other");
      await other.make("endpoint", "W3", { service: "WORLD-SERVICES/W", name: "W3", address: world.pod(3) });
      await other.make("serviceVip", "V", {
        chain: "WORLD-SERVICES",
        name: "V",
        address: world.vip(2),
        ports: [{ port: 80 }],
      });
      await other.make("endpoint", "V1", { service: "WORLD-SERVICES/V", name: "V1", address: world.pod(1) });
      world.stack.newRun();
      for (const name of ["W1", "W2"]) world.stack.made.delete(name);
      await world.stack.remove("W");
      await expect(world.stack.remove("chain")).rejects.toThrow(/chain WORLD-SERVICES is still in use.*test\/other\/V/);
      expect(await answering(world, 2)).toEqual(["p1"]);
      expect(await other.read("W3")).not.toBe("");
      await other.destroy();
    }));
});
