import { describe, expect, it } from "vitest";
import { leavesNothing } from "../support/host.js";
import { worlds } from "../support/size.js";
import { askFrom } from "../support/sockets.js";
import { inWorld, KINDS, ServiceWorld } from "./service-world.js";
import { Stack } from "./stack.js";

describe.each(worlds(KINDS))("$backend, $family", (kind) => {
  const refused = { tcp: { ECONNREFUSED: 2 }, udp: { ECONNREFUSED: 1 } };
  // Who sends from the host itself hears it from the call.
  const refusedHere = { tcp: { ECONNREFUSED: 2 }, udp: { EPERM: 1 } };
  const failures = async (world: ServiceWorld, from: string | undefined) => ({
    tcp: (await askFrom(from, "tcp", world.vip(1), 80, 2)).failures,
    // One by one: the kernel limits ICMP errors to a destination (icmp_ratelimit).
    udp: (await askFrom(from, "udp", world.vip(1), 53)).failures,
  });

  it("a service without endpoints refuses at once, to pods and to the host, until one comes and after the last has gone", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 2, async (world) => {
        await world.service("R", { ports: [{ port: 80 }, { port: 53, protocol: "udp" }] });
        expect(await failures(world, undefined)).toEqual(refusedHere);
        expect(await failures(world, world.netns(2))).toEqual(refused);
        // A bridge that comes later accepts what is behind it, and refusals still come first.
        await world.stack.make("bridge", "later", { name: "svc_br_late", forward: true });
        expect(await failures(world, world.netns(2))).toEqual(refused);
        await world.endpoint("R", 1);
        await world.serve(1, "tcp", 80);
        expect((await askFrom(world.netns(2), "tcp", world.vip(1), 80, 2)).answers).toEqual({ p1: 2 });
        await world.change("R", 1, { weight: 0 });
        expect(await failures(world, world.netns(2))).toEqual(refused);
        await world.stack.remove("R1");
        expect(await failures(world, undefined)).toEqual(refusedHere);
        expect(await failures(world, world.netns(2))).toEqual(refused);
        expect(await world.stack.drifted()).toEqual([]);
      }),
    ));

  it("an address of the range that no service has is silent; those that have one are as ever", () =>
    leavesNothing(() =>
      inWorld(
        new Stack(),
        kind,
        2,
        async (world) => {
          await world.service("R", { ports: [{ port: 80 }] });
          await world.endpoint("R", 1);
          await world.serve(1, "tcp", 80);
          await world.service("EMPTY", { address: world.vip(2), ports: [{ port: 80 }] });
          for (const from of [undefined, world.netns(2)]) {
            expect((await askFrom(from, "tcp", world.vip(9), 80, 2)).failures).toEqual({ "no answer": 2 });
            expect((await askFrom(from, "tcp", world.vip(1), 80, 2)).answers).toEqual({ p1: 2 });
            expect((await askFrom(from, "tcp", world.vip(2), 80, 2)).failures).toEqual({ ECONNREFUSED: 2 });
          }
          expect(await world.stack.drifted()).toEqual([]);
        },
        { vipRange: new ServiceWorld(new Stack(), kind).network("vips") },
      ),
    ));

  it("an endpoint is answered by itself though nothing else masquerades, and all others keep their address", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 2, async (world) => {
        await world.service("R", { ports: [{ port: 80 }, { port: 53, protocol: "udp" }] });
        await world.endpoint("R", 1);
        await world.serve(1, "tcp", 80);
        await world.serve(1, "udp", 53);
        for (const [protocol, port] of [["tcp", 80] as const, ["udp", 53] as const]) {
          const itself = await askFrom(world.netns(1), protocol, world.vip(1), port, 5);
          expect(itself).toMatchObject({ answers: { p1: 5 }, failures: {} });
          expect(itself.clients).toEqual({ [world.address("pods", 1)]: 5 });
          const another = await askFrom(world.netns(2), protocol, world.vip(1), port, 5);
          expect(another).toEqual({ answers: { p1: 5 }, clients: { [world.pod(2)]: 5 }, failures: {} });
        }
        // While the bridge masquerades, the rule isn't needed. When it no longer does, it is.
        const bridge = { name: "svc_br", addresses: [world.cidr("pods", 1)], forward: true };
        await world.stack.update("bridge", { ...bridge, masquerade: [world.network("pods")] });
        expect(await world.stack.drifted()).toEqual([]);
        expect((await askFrom(world.netns(1), "tcp", world.vip(1), 80, 5)).answers).toEqual({ p1: 5 });
        await world.stack.update("bridge", bridge);
        expect(await world.stack.drifted()).toEqual([]);
        expect((await askFrom(world.netns(1), "tcp", world.vip(1), 80, 5)).answers).toEqual({ p1: 5 });
      }),
    ));
});
