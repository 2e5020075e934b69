import { expect, it } from "vitest";
import { leavesNothing, output, run } from "../support/host.js";
import { worlds } from "../support/size.js";
import { askFrom, flowFrom } from "../support/sockets.js";
import { request, withServers } from "../support/traffic.js";
import { inWorld, KINDS, type Kind, type ServiceWorld } from "./service-world.js";
import { Stack } from "./stack.js";

/**
 * Everything that a service can have, while `backend` changes: judged by traffic, and by what is
 * left on the former backend.
 */
const NODE_PORT = 30_080;
const range = ({ family }: Kind) => ({ vipRange: family === "ip" ? "10.49.0.0/16" : "fd00:49::/64" });

async function withAll(kind: Kind, body: (world: ServiceWorld, out: string) => Promise<void>): Promise<void> {
  await leavesNothing(() =>
    inWorld(
      new Stack(),
      kind,
      4,
      async (world) => {
        const out = await world.makeOutside("out");
        await world.makeOutside("other");
        await world.service("ALL", {
          ports: [
            { name: "web", port: 80, targetPort: 8080, nodePort: NODE_PORT },
            { name: "dns", port: 53, protocol: "udp" },
            { port: 81, targetPort: 8080 },
          ],
          sessionAffinity: "ClientIP",
          sessionAffinityTimeoutSeconds: 600,
          externalIPs: [world.external(1)],
          loadBalancerSourceRanges: [world.network("out")],
          externalTrafficPolicy: "Local",
        });
        await world.endpoint("ALL", 1, { weight: 3 });
        await world.endpoint("ALL", 2, { local: false });
        await world.endpoint("ALL", 3, { weight: 0 });
        await world.service("NONE", { address: world.vip(2), ports: [{ port: 80 }] });
        for (const n of [1, 2, 3]) {
          await world.serve(n, "tcp", 8080);
          await world.serve(n, "udp", 53);
        }
        await body(world, out);
      },
      range(kind),
    ),
  );
}

/** What is heard by each way, from each side. */
async function heard(world: ServiceWorld, out: string) {
  const names = async (...args: Parameters<typeof askFrom>) => {
    const { answers, clients, failures } = await askFrom(...args);
    return [Object.keys(answers).sort(), Object.keys(clients).sort(), Object.keys(failures)];
  };
  await askFrom(world.netns(4), "tcp", world.vip(1), 80);
  const [mine] = Object.keys((await askFrom(world.netns(4), "tcp", world.vip(1), 80)).answers);
  return {
    stays: [
      await names(world.netns(4), "tcp", world.vip(1), 80, 10),
      await names(world.netns(4), "tcp", world.vip(1), 81, 10),
      await names(world.netns(4), "udp", world.vip(1), 53, 10),
    ].every(([answered]) => String(answered) === mine),
    external: await names(out, "tcp", world.external(1), 80, 10),
    node: await names(out, "tcp", world.address("out", 1), NODE_PORT, 10),
    loopback: await names(undefined, "tcp", world.kind.family === "ip" ? "127.0.0.1" : "::1", NODE_PORT),
    shutOut: await names("svc_other", "tcp", world.external(1), 80),
    without: await names(world.netns(4), "tcp", world.vip(2), 80),
    nobody: await names(world.netns(4), "tcp", world.vip(99), 80),
  };
}

const FAMILIES = { ip: "ipv4", ip6: "ipv6" };

const lists = {
  iptables: "{ iptables-save; ip6tables-save; } | grep -- '^-A.*WORLD'",
  nftables: "nft list tables | grep hostnet-",
};

const ways = worlds(KINDS).map(
  (kind) => ({ ...kind, from: kind.backend, to: kind.backend === "iptables" ? "nftables" : "iptables" }) as const,
);

it.each(ways)(
  "from $from to $to by one word, $family, with all that a service has, and nothing that is open ends",
  ({ from, to, ...kind }) =>
    withAll(kind, async (world, out) => {
      const was = await heard(world, out);
      expect(was).toEqual({
        stays: true,
        external: [["p1"], [world.address("out", 2)], []],
        node: [["p1"], [world.address("out", 2)], []],
        loopback: [[], [], ["ECONNREFUSED"]],
        shutOut: [[], [], ["no answer"]],
        without: [[], [], ["ECONNREFUSED"]],
        nobody: [[], [], ["no answer"]],
      });
      const open = [
        flowFrom(world.netns(4), "tcp", world.vip(1), 80),
        flowFrom(world.netns(4), "udp", world.vip(1), 53, 40_053),
      ];
      const at = await Promise.all(open.map((flow) => flow.ask()));
      const entry = async () =>
        / id=(\d+)/.exec(
          await output([
            "conntrack",
            "-L",
            "-f",
            FAMILIES[kind.family],
            "-p",
            "udp",
            "--orig-port-src",
            "40053",
            "-o",
            "id",
          ]),
        )?.[1];
      const id = await entry();
      expect(id).toBeDefined();

      await world.stack.update("chain", { name: "WORLD-SERVICES", ...range(kind), backend: to });

      expect((await run(["sh", "-c", lists[from]])).stdout).toBe("");
      expect((await run(["sh", "-c", lists[to]])).stdout).not.toBe("");
      expect(await Promise.all(open.map((flow) => flow.ask()))).toEqual(at);
      expect(await entry()).toBe(id);
      for (const flow of open) await flow.close();
      expect(await world.stack.drifted()).toEqual([]);
      expect(await heard(world, out)).toEqual(was);
    }),
);

it("there and back, and no connection fails meanwhile", () =>
  leavesNothing(() =>
    inWorld(new Stack(), { backend: "nftables", family: "ip" }, 3, async (world) => {
      await world.service("WEB", { ports: [{ port: 80 }] });
      for (const n of [1, 2]) await world.endpoint("WEB", n);
      const servers = [1, 2].map((n) => ({ netns: world.netns(n), name: `p${n}`, port: 80 }));
      await withServers(servers, async () => {
        const client = request({ netns: world.netns(3), url: `http://${world.vip(1)}/`, count: 1500, concurrency: 2 });
        for (const backend of ["iptables", "nftables"])
          await world.stack.update("chain", { name: "WORLD-SERVICES", backend });
        expect((await client).failures).toEqual({});
      });
      expect(await world.stack.drifted()).toEqual([]);
    }),
  ));
