import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { differences, hostState, output, requireSandbox, run } from "../support/host.js";

beforeAll(requireSandbox);

/** A change of each kind, the section that must show it, and its undoing. */
const CHANGES: ReadonlyArray<readonly [section: string, change: string, undo: string]> = [
  ["link", "ip link add probe type bridge", "ip link del probe"],
  ["addr", "ip addr add 192.0.2.9/32 dev lo", "ip addr del 192.0.2.9/32 dev lo"],
  ["route", "ip route add 192.0.2.0/24 dev lo", "ip route del 192.0.2.0/24 dev lo"],
  ["route6", "ip -6 route add 2001:db8::/64 dev lo", "ip -6 route del 2001:db8::/64 dev lo"],
  ["rule", "ip rule add pref 77 table 77", "ip rule del pref 77"],
  ["rule6", "ip -6 rule add pref 77 table 77", "ip -6 rule del pref 77"],
  ["netns", "ip netns add probe", "ip netns del probe"],
  ["nft", "nft add table inet probe", "nft delete table inet probe"],
  ["nft", "nft add table ip nat", "nft delete table ip nat"],
  ["iptables", "iptables -t nat -N PROBE", "nft delete table ip nat"],
  ["ip6tables", "ip6tables -t nat -N PROBE", "nft delete table ip6 nat"],
  ["sysctl", "sysctl -qw net.ipv4.ip_forward=1", "sysctl -qw net.ipv4.ip_forward=0"],
];

it.each(CHANGES)("a difference in %s is seen: %s", async (section, change, undo) => {
  const before = await hostState();
  await output(change.split(" "));
  const changed = differences(before, await hostState());
  await output(undo.split(" "));
  expect(changed.filter((line) => line.startsWith(`+ ${section}: `))).not.toEqual([]);
  expect(await hostState()).toEqual(before);
});

it("a file in /etc/netns is seen", async () => {
  const before = await hostState();
  mkdirSync("/etc/netns/probe", { recursive: true });
  writeFileSync("/etc/netns/probe/resolv.conf", "nameserver 192.0.2.53\n");
  const changed = differences(before, await hostState());
  rmSync("/etc/netns", { recursive: true });
  expect(changed).toContainEqual(expect.stringMatching(/^\+ \/etc\/netns: probe\/resolv.conf f/));
  expect(differences(before, await hostState())).toEqual([]);
});

it("a chain of a legacy table is seen where there are legacy tables", async (context) => {
  for (const argv of [["iptables-legacy-save"], ["iptables-legacy", "-t", "filter", "-N", "PROBE"]]) {
    const { exitCode, stderr } = await run(argv);
    if (exitCode !== 0) context.skip(`no legacy tables here, or not for this user: ${stderr.trim().split("\n")[0]}`);
  }
  expect((await hostState())["iptables-legacy"]!.join("\n")).toContain("PROBE");
  await output(["iptables-legacy", "-t", "filter", "-X", "PROBE"]);
});
