import { afterEach, beforeEach, expect, it } from "vitest";
import { leavesNothing } from "../support/host.js";
import { type SshHost, sshHost, whyNoSsh } from "../support/ssh-host.js";
import { makeArticle } from "./article.js";
import { closeConnections, hostAt } from "./over-ssh.js";
import { Stack } from "./stack.js";

beforeEach(async ({ skip }) => {
  const reason = await whyNoSsh();
  if (reason !== undefined) skip(reason);
});
afterEach(closeConnections);

/** A stack whose every run dials anew, as a run of a program does. */
function stackOn(host: SshHost, args: object = {}): Stack {
  const nextHost = () => hostAt({ connection: host.connection, ...args });
  return new Stack("ssh", nextHost(), nextHost);
}

const rulesOf = async (host: SshHost) => (await host.sandbox.run(["iptables-save", "-t", "nat"])).stdout;

it("the article on two hosts over ssh at once: made, found as it is, healed, and taken away", () =>
  leavesNothing(async () => {
    await using one = await sshHost();
    await using two = await sshHost();
    const stacks = [one, two].map((host) => stackOn(host));
    await Promise.all(stacks.map((stack) => makeArticle(stack)));
    for (const host of [one, two]) {
      expect(await rulesOf(host)).toContain("-j DUSTIN-SEP-HTTP2");
      const { stdout } = await host.sandbox.run(["ip", "-n", "netns_leah", "route"]);
      expect(stdout).toContain("default via 10.0.0.1 dev veth_ns_leah");
      expect((await host.sandbox.run(["cat", "/etc/netns/netns_leah/resolv.conf"])).stdout).toContain(
        "nameserver 8.8.8.8",
      );
    }
    const [first, second] = stacks as [Stack, Stack];
    expect(await first.drifted()).toEqual([]);
    await one.sandbox.run(["ip", "link", "del", "veth_dustin"]);
    expect(await first.heal()).toEqual(["veth dustin"]);
    expect(await second.drifted()).toEqual([]);
    for (const stack of stacks) await stack.destroy();
    expect([await one.left(), await two.left()]).toEqual([[], []]);
    expect([await one.logins(), await two.logins()]).toEqual([1, 1]);
    await closeConnections();
  }));
