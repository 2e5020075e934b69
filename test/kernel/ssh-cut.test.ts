import { afterEach, beforeEach, expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { sshHost, whyNoSsh } from "../support/ssh-host.js";
import { closeConnections, connections, hostAt } from "./over-ssh.js";
import { BRIDGE, begun, facts, slowDown } from "./ssh-slow.js";
import { Stack } from "./stack.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});
afterEach(closeConnections);

it.each(["ip", "iptables-restore"])(
  "a link that is cut while %s runs leaves the change whole, and the next up converges",
  (tool) =>
    leavesNothing(async () => {
      await using host = await sshHost();
      const nextHost = () => hostAt({ connection: host.connection });
      const stack = new Stack("ssh", nextHost(), nextHost);
      const slow = await slowDown(host, tool);
      const lost = expect(stack.make("bridge", "home", BRIDGE)).rejects.toThrow(/can't be reached over ssh/);
      await begun(host);
      await output(["ip", "link", "set", "dev", host.link, "down"]);
      await lost;
      await host.sandbox.run(["umount", slow]);
      expect(await facts(host)).toEqual({ bridge: true, forwards: true, masquerades: true });
      await output(["ip", "link", "set", "dev", host.link, "up"]);
      await closeConnections();
      stack.newRun();
      await stack.make("bridge", "home", BRIDGE);
      expect(await stack.drifted()).toEqual([]);
      await stack.destroy();
      await closeConnections();
    }),
);

it("a run that changes nothing waits for the host four times at most, however much there is", () =>
  leavesNothing(async () => {
    await using host = await sshHost();
    const nextHost = () => hostAt({ connection: host.connection });
    const stack = new Stack("ssh", nextHost(), nextHost);
    const make = async (number: number) => {
      const [name, sysctls] = [`ns_${number}`, { "net.ipv4.ip_forward": 1 }];
      await stack.make("netNamespace", name, { name, sysctls });
      const peer = { name: "eth0", namespace: name, addresses: [`10.1.0.${number}/24`] };
      await stack.make("vethPair", `veth_${number}`, { name: `veth_${number}`, peer });
    };
    const waits = async () => {
      await closeConnections();
      expect(await stack.drifted()).toEqual([]);
      return connections.roundTrips();
    };
    await make(1);
    const few = await waits();
    await Promise.all(Array.from({ length: 20 }, (_, at) => make(at + 2)));
    expect(await waits()).toBe(few);
    expect(few).toBeLessThanOrEqual(4);
    await stack.destroy();
    await closeConnections();
  }));
