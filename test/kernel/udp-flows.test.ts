import { describe, expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { worlds } from "../support/size.js";
import { type Flow, flowFrom } from "../support/sockets.js";
import { inWorld, KINDS, type ServiceWorld } from "./service-world.js";
import { Stack } from "./stack.js";

const NODE_PORT = 30_053;
const PORTS = [{ port: 53, protocol: "udp", nodePort: NODE_PORT }];

/** The server that answers a flow. It is asked twice: a refusal may answer the first datagram. */
async function answers(flow: Flow): Promise<string> {
  await flow.ask();
  return flow.ask();
}

describe.each(worlds(KINDS))("$backend, $family", (kind) => {
  async function withFlows(body: (world: ServiceWorld, flows: Flow[]) => Promise<void>): Promise<void> {
    await leavesNothing(() =>
      inWorld(new Stack(), kind, 4, async (world) => {
        await world.service("U", { ports: PORTS });
        for (const n of [1, 2]) await world.serve(n, "udp", 53);
        const flows = [
          flowFrom(world.netns(4), "udp", world.vip(1), 53, 40_053),
          flowFrom(undefined, "udp", world.vip(1), 53, 40_054),
          flowFrom(world.netns(4), "udp", world.address("pods", 1), NODE_PORT, 40_055),
        ];
        try {
          await body(world, flows);
        } finally {
          for (const flow of flows) await flow.close();
        }
      }),
    );
  }
  const all = async (flows: Flow[]) => Promise.all(flows.map(answers));

  it("a client with a fixed source port moves on when its endpoint is replaced, and when one comes after none was there", () =>
    withFlows(async (world, flows) => {
      for (const answer of await all(flows)) expect(answer).not.toMatch(/^p/);
      await world.endpoint("U", 1);
      expect(await all(flows)).toEqual(["p1", "p1", "p1"]);
      await world.endpoint("U", 2);
      expect(await all(flows)).toEqual(["p1", "p1", "p1"]);
      await world.stack.remove("U1");
      expect(await all(flows)).toEqual(["p2", "p2", "p2"]);
      await world.change("U", 2, { address: world.pod(1) });
      expect(await all(flows)).toEqual(["p1", "p1", "p1"]);
      await world.stack.remove("U2");
      for (const answer of await all(flows)) expect(answer).not.toMatch(/^p/);
    }));

  it("one whose port or whose service goes is answered no more; one of another service is, and keeps its entry", () =>
    withFlows(async (world, [flow]) => {
      await world.service("OTHER", { address: world.vip(2), ports: [{ port: 53, protocol: "udp" }] });
      await world.endpoint("OTHER", 1);
      await world.endpoint("U", 1);
      const other = flowFrom(world.netns(4), "udp", world.vip(2), 53, 40_056);
      const table = kind.family === "ip6" ? ["-f", "ipv6"] : [];
      const entry = async () =>
        await output(["conntrack", "-L", ...table, "-p", "udp", "--orig-port-src", "40056", "-o", "id"]);
      expect([await answers(flow!), await answers(other)]).toEqual(["p1", "p1"]);
      const id = / id=(\d+)/.exec(await entry())?.[1];
      expect(id).toBeDefined();
      await world.changeService("U", { ports: [{ port: 54, targetPort: 53, protocol: "udp" }] });
      expect(await answers(flow!)).not.toMatch(/^p/);
      await world.changeService("U", { ports: PORTS });
      expect(await answers(flow!)).toBe("p1");
      await world.stack.remove("U1");
      await world.stack.remove("U");
      expect(await answers(flow!)).not.toMatch(/^p/);
      expect(/ id=(\d+)/.exec(await entry())?.[1]).toBe(id);
      expect(await answers(other)).toBe("p1");
      await other.close();
    }));

  it("one at a drained endpoint stays, one at an endpoint that serves no longer moves", () =>
    withFlows(async (world, [flow]) => {
      await world.endpoint("U", 1);
      expect(await answers(flow!)).toBe("p1");
      await world.endpoint("U", 2);
      await world.change("U", 1, { weight: 0 });
      expect(await answers(flow!)).toBe("p1");
      await world.change("U", 1, { weight: 0, terminating: true });
      expect(await answers(flow!)).toBe("p1");
      await world.change("U", 1, { terminating: true, serving: false });
      expect(await answers(flow!)).toBe("p2");
    }));
});
