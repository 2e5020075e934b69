import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { Host } from "../../provider/host/host.js";
import { closeConnections, roundTrips } from "../../provider/host/ssh/machine.js";
import { hostAddress } from "../../provider/model/host-address.js";
import { leavesNothing, output } from "../support/host.js";
import { type SshHost, sshHost } from "../support/ssh-host.js";
import { Stack } from "./stack.js";

afterEach(closeConnections);

const BRIDGE = { name: "bridge_home", addresses: ["10.0.0.1/24"], forward: true, masquerade: ["10.0.0.0/24"] };

/** A tool that says when it begins to change something, and takes its time before it does. */
const SLOW = `#!/bin/bash
case "$0 $*" in *-save* | *" -j"*) ;; *) touch /run/begun; sleep 2 ;; esac
exec -a "$0" /run/real "$@"
`;

async function slowDown(host: SshHost, tool: string): Promise<string> {
  const script = `cat >/run/slow && chmod 755 /run/slow
real=$(readlink -f "$(command -v ${tool})") && cp "$real" /run/real && mount --bind /run/slow "$real" && echo "$real"`;
  const { exitCode, stderr, stdout } = await host.sandbox.run(["sh", "-c", script], { input: SLOW });
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}

const begun = async (host: SshHost) => {
  while ((await host.sandbox.run(["test", "-e", "/run/begun"])).exitCode !== 0) await sleep(50);
};

const facts = async (host: SshHost) => {
  const text = async (argv: string[]) => (await host.sandbox.run(argv)).stdout;
  return {
    bridge: /bridge_home/.test(await text(["ip", "link"])),
    forwards: (await text(["cat", "/proc/sys/net/ipv4/ip_forward"])).trim() === "1",
    masquerades: /MASQUERADE/.test(await text(["iptables-save"])),
  };
};

it.each(["ip", "iptables-restore"])(
  "a link that is cut while %s runs leaves the change whole, and the next up converges",
  (tool) =>
    leavesNothing(async () => {
      await using host = await sshHost();
      const nextHost = () => new Host(hostAddress.parse({ connection: host.connection }));
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
    const nextHost = () => new Host(hostAddress.parse({ connection: host.connection }));
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
      return roundTrips();
    };
    await make(1);
    const few = await waits();
    await Promise.all(Array.from({ length: 20 }, (_, at) => make(at + 2)));
    expect(await waits()).toBe(few);
    expect(few).toBeLessThanOrEqual(4);
    await stack.destroy();
    await closeConnections();
  }));
