import { describe, expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { worlds } from "../support/size.js";
import { askFrom } from "../support/sockets.js";
import { inWorld, KINDS } from "./service-world.js";
import { Stack } from "./stack.js";

const NODE_PORT = 30_080;
const answered = (name: string, count: number, client: string) => ({
  answers: { [name]: count },
  clients: { [client]: count },
  failures: {},
});

describe.each(worlds(KINDS))("$backend, $family", (kind) => {
  it("external addresses and node ports answer from outside and from the host, and keep the client's address", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 1, async (world) => {
        const out = await world.makeOutside("out");
        await world.service("E", {
          ports: [
            { port: 80, targetPort: 8080, nodePort: NODE_PORT },
            { port: 53, protocol: "udp", nodePort: NODE_PORT },
          ],
          externalIPs: [world.external(1), world.external(2)],
        });
        await world.endpoint("E", 1);
        await world.serve(1, "tcp", 8080);
        await world.serve(1, "udp", 53);
        const client = world.address("out", 2);
        for (const to of [world.external(1), world.external(2)]) {
          expect(await askFrom(out, "tcp", to, 80, 5)).toEqual(answered("p1", 5, client));
          expect(await askFrom(out, "udp", to, 53, 5)).toEqual(answered("p1", 5, client));
          expect((await askFrom(undefined, "tcp", to, 80, 5)).answers).toEqual({ p1: 5 });
        }
        for (const to of [world.address("out", 1), world.address("pods", 1)]) {
          expect(await askFrom(out, "tcp", to, NODE_PORT, 5)).toEqual(answered("p1", 5, client));
          expect(await askFrom(out, "udp", to, NODE_PORT, 5)).toEqual(answered("p1", 5, client));
          expect((await askFrom(undefined, "tcp", to, NODE_PORT, 5)).answers).toEqual({ p1: 5 });
        }
        expect(await world.stack.drifted()).toEqual([]);
      }),
    ));

  it("a node port is none of the loopback's, and no sysctl opens that", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 1, async (world) => {
        await world.service("E", { ports: [{ port: 80, nodePort: NODE_PORT }] });
        await world.endpoint("E", 1);
        await world.serve(1, "tcp", 80);
        expect((await askFrom(undefined, "tcp", world.address("pods", 1), NODE_PORT)).answers).toEqual({ p1: 1 });
        const loopback = await askFrom(undefined, "tcp", "127.0.0.1", NODE_PORT);
        expect(loopback.failures).toEqual({ ECONNREFUSED: 1 });
        expect((await output(["sysctl", "-n", "net.ipv4.conf.all.route_localnet"])).trim()).toBe("0");
      }),
    ));

  it("what leaves for an endpoint elsewhere is masqueraded; with Local only endpoints here answer, and see their clients", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 1, async (world) => {
        const out = await world.makeOutside("out");
        const far = await world.makeFar();
        const ports = [{ port: 80, nodePort: NODE_PORT }];
        const externalIPs = [world.external(1)];
        await world.service("E", { ports, externalIPs });
        await world.endpoint("E", 1);
        await world.endpoint("E", 2, { address: world.address("far", 11), local: false });
        await world.serve(1, "tcp", 80, "here");
        await world.serveIn(far, "tcp", 80, "far");
        const ways = [[world.external(1), 80] as const, [world.address("out", 1), NODE_PORT] as const];
        for (const [to, port] of ways) {
          const { answers, clients, failures } = await askFrom(out, "tcp", to, port, 40);
          expect([Object.keys(answers).sort(), failures]).toEqual([["far", "here"], {}]);
          expect(clients[world.address("far", 1)]).toBe(answers.far);
          expect(clients[world.address("out", 2)]).toBe(answers.here);
        }
        await world.changeService("E", { ports, externalIPs, externalTrafficPolicy: "Local" });
        expect(await world.stack.drifted()).toEqual([]);
        for (const [to, port] of ways)
          expect(await askFrom(out, "tcp", to, port, 20)).toEqual(answered("here", 20, world.address("out", 2)));
        // The virtual IP is for inside, where the policy is still Cluster.
        const inside = await askFrom(undefined, "tcp", world.vip(1), 80, 40);
        expect(Object.keys(inside.answers).sort()).toEqual(["far", "here"]);
        // Without one here there is silence: another host may have one.
        await world.stack.remove("E1");
        for (const [to, port] of ways)
          expect((await askFrom(out, "tcp", to, port, 2)).failures).toEqual({ "no answer": 2 });
        expect((await askFrom(undefined, "tcp", world.vip(1), 80, 5)).answers).toEqual({ far: 5 });
        expect(await world.stack.drifted()).toEqual([]);
      }),
    ));

  it("internalTrafficPolicy Local keeps to endpoints here, and drops where none is", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 3, async (world) => {
        await world.service("E", { ports: [{ port: 80 }], internalTrafficPolicy: "Local" });
        await world.endpoint("E", 1);
        await world.endpoint("E", 2, { local: false });
        for (const n of [1, 2]) await world.serve(n, "tcp", 80);
        expect((await askFrom(world.netns(3), "tcp", world.vip(1), 80, 20)).answers).toEqual({ p1: 20 });
        await world.stack.remove("E1");
        expect((await askFrom(world.netns(3), "tcp", world.vip(1), 80, 2)).failures).toEqual({ "no answer": 2 });
        await world.changeService("E", { ports: [{ port: 80 }] });
        expect((await askFrom(world.netns(3), "tcp", world.vip(1), 80, 5)).answers).toEqual({ p2: 5 });
      }),
    ));

  it("source ranges let in whom they name, and drop the others, by every way from outside", () =>
    leavesNothing(() =>
      inWorld(new Stack(), kind, 1, async (world) => {
        const out = await world.makeOutside("out");
        const other = await world.makeOutside("other");
        await world.service("E", {
          ports: [{ port: 80, nodePort: NODE_PORT }],
          externalIPs: [world.external(1)],
          loadBalancerSourceRanges: [world.network("out"), world.network("external")],
        });
        await world.endpoint("E", 1);
        await world.serve(1, "tcp", 80);
        const ways = [[world.external(1), 80] as const, [world.address("pods", 1), NODE_PORT] as const];
        for (const [to, port] of ways) {
          expect((await askFrom(out, "tcp", to, port, 5)).answers).toEqual({ p1: 5 });
          expect((await askFrom(other, "tcp", to, port, 2)).failures).toEqual({ "no answer": 2 });
        }
        expect((await askFrom(other, "tcp", world.vip(1), 80, 5)).answers).toEqual({ p1: 5 });
        expect(await world.stack.drifted()).toEqual([]);
        await world.stack.remove("E1");
        for (const [to, port] of ways) {
          expect((await askFrom(out, "tcp", to, port)).failures).toEqual({ ECONNREFUSED: 1 });
          expect((await askFrom(other, "tcp", to, port)).failures).toEqual({ "no answer": 1 });
        }
      }),
    ));
});
