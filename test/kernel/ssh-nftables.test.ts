import { afterEach, beforeEach, expect, it } from "vitest";
import { leavesNothing } from "../support/host.js";
import { sshHost, whyNoSsh } from "../support/ssh-host.js";
import { closeConnections, hostAt } from "./over-ssh.js";
import { Stack } from "./stack.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});
afterEach(closeConnections);

const CHAIN = { name: "FAR-SERVICES", backend: "nftables", vipRange: "10.100.0.0/16" };
const TABLE = "ip hostnet-FAR-SERVICES";

it.each([
  ["", {}],
  [", which takes a change back unless it can be reached", { rollbackAfterSeconds: 30 }],
])(
  "services on nftables over ssh on a host%s: made, changed, moved to the other backend and back, and taken away",
  (_what, more) =>
    leavesNothing(async () => {
      await using host = await sshHost();
      const nft = async (command: string) => (await host.sandbox.run(["nft", command])).stdout;
      const nextHost = () => hostAt({ connection: host.connection, ...more });
      const stack = new Stack("ssh", nextHost(), nextHost);
      await stack.make("natChain", "chain", CHAIN);
      await stack.make("serviceVip", "web", {
        chain: CHAIN.name,
        name: "WEB",
        address: "10.100.0.1",
        ports: [{ port: 80 }, { port: 53, protocol: "udp" }],
        sessionAffinity: "ClientIP",
      });
      for (const n of [1, 2])
        await stack.make("endpoint", `web${n}`, {
          service: "FAR-SERVICES/WEB",
          name: `WEB${n}`,
          address: `10.0.0.${n}`,
        });
      expect(await stack.drifted()).toEqual([]);

      // As if clients had connected. The entries for an endpoint go with it, and no others.
      for (const n of [1, 2])
        await nft(`add element ${TABLE} affinity { 192.0.2.${n} . 10.100.0.1 . tcp . 80 : 10.0.0.${n} }`);
      await stack.remove("web1");
      expect(await nft(`list map ${TABLE} affinity`)).toMatch(/192\.0\.2\.2 .*: 10\.0\.0\.2 }/);
      expect(await nft(`list map ${TABLE} affinity`)).not.toContain("10.0.0.1 ");

      await stack.update("chain", { ...CHAIN, backend: "iptables" });
      expect(await nft("list tables")).not.toContain("hostnet-");
      expect((await host.sandbox.run(["iptables-save"])).stdout).toContain("-j FAR-SEP-WEB2");
      await stack.update("chain", CHAIN);
      expect((await host.sandbox.run(["iptables-save"])).stdout).not.toContain("FAR-");
      expect(await nft(`list map ${TABLE} services`)).toContain(
        "10.100.0.1 . udp . 53 : goto udp-vip-1-sticky-tcp-80-53",
      );
      expect(await stack.drifted()).toEqual([]);
      await stack.destroy();
      expect(await host.left()).toEqual([]);
      await closeConnections();
    }),
);
