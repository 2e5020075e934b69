import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { type SshHost, sshHost, whyNoSsh } from "../support/ssh-host.js";
import { closeConnections, hostAt } from "./over-ssh.js";
import { BRIDGE, begun, facts, slowDown } from "./ssh-slow.js";
import { Stack } from "./stack.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});
afterEach(closeConnections);

function stackOn(host: SshHost): Stack {
  const nextHost = () => hostAt({ connection: host.connection, rollbackAfterSeconds: 5 });
  return new Stack("ssh", nextHost(), nextHost);
}

/** Until the host has no guard any more, or for half a minute. */
async function guardGone(host: SshHost): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const { stdout } = await host.sandbox.run(["sh", "-c", "ls -d /run/hostnet-guard.* 2>/dev/null"]);
    if (stdout === "") return;
    await sleep(500);
  }
}

it("a change that locks us out is taken back by the host; one that doesn't stays", () =>
  leavesNothing(async () => {
    await using host = await sshHost();
    const stack = stackOn(host);
    await stack.make("bridge", "home", BRIDGE);
    const chain = (rules: object[]) => ({ name: "DUSTIN-SERVICES", hooks: ["PREROUTING"], rules });
    await stack.make("natChain", "services", chain([]));
    const rules = async () =>
      (await host.sandbox.run(["iptables-save", "-t", "nat"])).stdout.replace(/^#.*\n|\[\d+:\d+\]/gm, "");
    const before = await rules();
    const away = { destination: host.address, protocol: "tcp", destinationPort: 22, toDestination: "10.0.0.11:22" };
    await expect(stack.update("services", chain([away]))).rejects.toThrow(
      /could not be reached over a fresh connection within 5 s of the change \(host\.rollbackAfterSeconds\)/,
    );
    await guardGone(host);
    expect(await rules()).toBe(before);
    await closeConnections();
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
    await guardGone(host);
    expect(await host.left()).toEqual([]);
    await closeConnections();
  }));

it("what is removed while the link is cut comes back by itself", () =>
  leavesNothing(async () => {
    await using host = await sshHost();
    const stack = stackOn(host);
    await stack.make("bridge", "home", BRIDGE);
    const slow = await slowDown(host, "ip");
    const lost = expect(stack.remove("home")).rejects.toThrow(/can't be reached over ssh/);
    await begun(host);
    await output(["ip", "link", "set", "dev", host.link, "down"]);
    await lost;
    await host.sandbox.run(["umount", slow]);
    await guardGone(host);
    expect(await facts(host)).toEqual({ bridge: true, forwards: true, masquerades: true });
    await output(["ip", "link", "set", "dev", host.link, "up"]);
    await closeConnections();
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
    expect(await host.left()).toEqual([]);
    await closeConnections();
  }));
