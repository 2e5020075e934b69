import { afterEach, beforeEach, expect, it } from "vitest";
import { leavesNothing } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { sshHost, whyNoSsh } from "../support/ssh-host.js";
import { closeConnections, hostAt } from "./over-ssh.js";
import { Stack } from "./stack.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});
afterEach(closeConnections);

it.each([
  ["IPv4", "ip", "10.0.0.1/24", "10.0.0.0/24"],
  ["IPv6", "ip6", "fd00::1/64", "fd00::/64"],
])(
  "over ssh a table of %s that iptables can't show is refused, and destroy leaves nothing or says what",
  (version, family, address, cidr) =>
    leavesNothing(async () => {
      await using host = await sshHost();
      const nft = async (script: string) =>
        expect((await host.sandbox.run(["nft", "-f", "-"], { input: script })).stderr).toBe("");
      const ruleset = async () => (await host.sandbox.run(["nft", "--stateless", "list", "ruleset"])).stdout;
      const args = { name: "br_far", addresses: [address], forward: true, masquerade: [cidr] };
      const nextHost = () => hostAt({ connection: host.connection });
      const stack = new Stack("ssh", nextHost(), nextHost);
      await stack.make("bridge", "home", args);

      await nft(
        `add chain ${family} nat theirs\nadd rule ${family} nat theirs ct state vmap { established : accept }\n`,
      );
      const before = await ruleset();
      const said = `table nat of ${version} can't be read: ip`;
      await expect(stack.drifted()).rejects.toThrow(said);
      await expect(stack.heal()).rejects.toThrow(said);
      await expect(stack.read("home")).rejects.toThrow(said);
      expect(await ruleset()).toBe(before);

      // A new resource on a host that the run has looked at, which it isn't about to start.
      const seen = nextHost();
      await lifecycleOn(seen, "bridge")
        .diff("x", { ...args, __owner: "ssh/x/y" }, args)
        .catch(() => {});
      const inputs = { ...args, host: { connection: host.connection }, __owner: "ssh/x/y" };
      const { failures } = await lifecycleOn(seen, "bridge").check({}, inputs);
      expect(failures.map(({ reason }) => reason)).toEqual([expect.stringContaining(said)]);

      // In their chain nothing is of ours; in FORWARD there is.
      await nft(`insert rule ${family} filter FORWARD ct state vmap { established : accept }\n`);
      const left = await stack.destroy().then(
        () => "nothing",
        (error: Error) => error.message,
      );
      expect(left.match(/^ {2}FORWARD of table filter .*"br_far"/gm)).toHaveLength(2);
      for (const [, command] of left.matchAll(/\((nft delete rule [^)]+)\)/g))
        await host.sandbox.run(command!.split(" "));
      await stack.destroy();
      expect(await ruleset()).not.toMatch(/br_far|masquerade/);
      expect((await ruleset()).match(/ct state vmap/g)).toHaveLength(2);
      await nft("flush ruleset\n");
      expect(await host.left()).toEqual([]);
      await closeConnections();
    }),
);

it("over ssh a tool that can't be run is not one that has nothing to say", () =>
  leavesNothing(async () => {
    await using host = await sshHost();
    const nextHost = () => hostAt({ connection: host.connection });
    const stack = new Stack("ssh", nextHost(), nextHost);
    await stack.make("natChain", "chain", { name: "FAR-SERVICES", backend: "nftables" });
    await stack.make("netNamespace", "ns", { name: "far", sysctls: { "net.ipv4.ip_forward": "1" } });
    const hide = (tool: string) => host.sandbox.run(["mount", "--bind", "/dev/null", tool]);
    const show = (tool: string) => host.sandbox.run(["umount", tool]);
    for (const [tool, resource, said] of [
      ["/usr/sbin/nft", "chain", /nft/],
      ["/bin/ip", "ns", /\bip\b/],
    ] as const) {
      const where = (await host.sandbox.run(["readlink", "-f", tool])).stdout.trim();
      expect((await hide(where)).exitCode).toBe(0);
      await expect(stack.drifted()).rejects.toThrow(said);
      stack.newRun();
      await expect(stack.remove(resource)).rejects.toThrow(said);
      await show(where);
    }
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
    expect(await host.left()).toEqual([]);
    await closeConnections();
  }));
