import { describe, expect, it } from "vitest";
import { followsShares } from "../support/chi-square.js";
import { leavesNothing } from "../support/host.js";
import { worlds } from "../support/size.js";
import { askFrom, flowFrom } from "../support/sockets.js";
import { FORMS, inWorld } from "./service-world.js";
import { Stack } from "./stack.js";

const PORTS = [{ port: 80 }];
const SAMPLES = 900;

describe.each(worlds(FORMS))("$backend, $family, as $form", (kind) => {
  it("endpoints get new connections by their weights, whatever mix and whatever change", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 4, async (world) => {
        await world.service("W", { ports: PORTS });
        for (const n of [1, 2, 3]) await world.serve(n, "tcp", 80);
        const share = async () => (await askFrom(world.netns(4), "tcp", world.vip(1), 80, SAMPLES)).answers;
        await world.endpoint("W", 1, { weight: 1 });
        await world.endpoint("W", 2, { weight: 5 });
        await world.endpoint("W", 3, { weight: 3 });
        const first = await share();
        expect(followsShares(first, { p1: 1, p2: 5, p3: 3 }), JSON.stringify(first)).toBe(true);
        // And the test would notice: equal shares are no match for these.
        expect(followsShares(first, { p1: 1, p2: 1, p3: 1 })).toBe(false);
        await world.change("W", 2, { weight: 2 });
        await world.removeEndpoint("W", 3);
        const second = await share();
        expect(followsShares(second, { p1: 1, p2: 2 }), JSON.stringify(second)).toBe(true);
        expect(await world.stack.drifted()).toEqual([]);
      }),
    ));

  it("weight 0 drains: nothing new, while open connections live on; and back", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 3, async (world) => {
        await world.service("W", { ports: [{ port: 80 }, { port: 53, protocol: "udp" }] });
        for (const n of [1, 2]) {
          await world.serve(n, "tcp", 80);
          await world.serve(n, "udp", 53);
        }
        await world.endpoint("W", 1);
        const open = [
          flowFrom(world.netns(3), "tcp", world.vip(1), 80),
          flowFrom(world.netns(3), "udp", world.vip(1), 53),
        ];
        for (const flow of open) expect(await flow.ask()).toBe("p1");
        await world.endpoint("W", 2);
        await world.change("W", 1, { weight: 0 });
        expect((await askFrom(world.netns(3), "tcp", world.vip(1), 80, 60)).answers).toEqual({ p2: 60 });
        expect((await askFrom(undefined, "udp", world.vip(1), 53, 60)).answers).toEqual({ p2: 60 });
        for (const flow of open) expect(await flow.ask()).toBe("p1");
        expect(await world.stack.drifted()).toEqual([]);
        await world.change("W", 1, { weight: 1 });
        const after = (await askFrom(world.netns(3), "tcp", world.vip(1), 80, 200)).answers;
        expect(followsShares(after, { p1: 1, p2: 1 }), JSON.stringify(after)).toBe(true);
        for (const flow of open) await flow.close();
      }),
    ));

  it("ready endpoints answer; without one those that serve while they terminate; never one that doesn't serve", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 4, async (world) => {
        await world.service("W", { ports: PORTS });
        for (const n of [1, 2, 3]) await world.serve(n, "tcp", 80);
        const answering = async () =>
          Object.keys((await askFrom(world.netns(4), "tcp", world.vip(1), 80, 60)).answers).sort();
        await world.endpoint("W", 1);
        await world.endpoint("W", 2, { ready: false });
        await world.endpoint("W", 3, { terminating: true });
        expect(await answering()).toEqual(["p1"]);
        const open = flowFrom(world.netns(4), "tcp", world.vip(1), 80);
        expect(await open.ask()).toBe("p1");
        await world.change("W", 1, { terminating: true });
        expect(await answering()).toEqual(["p1", "p3"]);
        await world.change("W", 1, { terminating: true, serving: false });
        expect(await answering()).toEqual(["p3"]);
        expect(await open.ask()).toBe("p1");
        await world.change("W", 2, {});
        expect(await answering()).toEqual(["p2"]);
        expect(await world.stack.drifted()).toEqual([]);
        await open.close();
      }),
    ));
});
