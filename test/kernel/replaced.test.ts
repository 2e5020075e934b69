import { afterEach, beforeEach, expect, it } from "vitest";
import { differences, type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { halved } from "../support/size.js";
import { makeArticle, VIP } from "./article.js";
import { byHand } from "./others.js";
import { Stack } from "./stack.js";

let pristine: HostState;
beforeEach(async () => {
  requireSandbox();
  pristine = await hostState();
});
afterEach(async () => {
  expect(differences(pristine, await hostState())).toEqual([]);
});

interface Row {
  what: string;
  /** What somebody does: ours goes, something unmarked of the same name takes its place. */
  replace: string[];
  /** How that looks, by a tool of the system. */
  look: string;
  resource: string;
  refused: RegExp;
  unmake: string[];
}

/** The chain loses its rules and all jumps to it, and gets one of somebody's. */
const theirChain = (chain: string, resource: string): Row => ({
  what: `chain ${chain}`,
  replace: [
    `sh <<< iptables-save -t nat | sed '/-[Aj] ${chain}\\b/d' | iptables-restore -T nat`,
    `iptables -t nat -A ${chain} -s 192.0.2.1 -j RETURN`,
  ],
  look: `iptables -t nat -S ${chain}`,
  resource,
  refused: new RegExp(`chain ${chain} of table nat exists already and was not made by this stack.*adopt: true`),
  unmake: [`iptables -t nat -F ${chain}`, `iptables -t nat -X ${chain}`, "nft delete table ip nat"],
});

const rows: Row[] = [
  {
    what: "a bridge",
    replace: ["ip link del bridge_home", "ip link add bridge_home address 02:00:00:00:99:03 type bridge"],
    look: "ip -o addr show bridge_home",
    resource: "home",
    refused: /interface bridge_home exists already .*adopt: true/,
    unmake: ["ip link del bridge_home"],
  },
  {
    what: "one end of a pair",
    replace: ["ip link del veth_leah", "ip link add veth_leah address 02:00:00:00:99:04 type bridge"],
    look: "ip -o addr show veth_leah",
    resource: "veth leah",
    refused: /interface veth_leah exists already .*adopt: true/,
    unmake: ["ip link del veth_leah"],
  },
  {
    what: "a namespace",
    replace: ["ip netns del netns_leah", "ip netns add netns_leah", "ip -n netns_leah link set lo up alias theirs"],
    look: "ip -n netns_leah -o -d link show lo",
    resource: "ns leah",
    refused: /network namespace netns_leah exists already .*adopt: true/,
    unmake: ["ip netns del netns_leah"],
  },
  {
    what: "a namespace's resolv.conf",
    replace: ["tee /etc/netns/netns_leah/resolv.conf <<< nameserver 192.0.2.53\n"],
    look: "cat /etc/netns/netns_leah/resolv.conf",
    resource: "ns leah",
    refused: /resolv.conf exists already .*adopt: true/,
    unmake: ["rm -r /etc/netns"],
  },
  {
    what: "a default route",
    replace: ["ip -n netns_leah route replace default via 10.0.0.99 proto static"],
    look: "ip -n netns_leah route show default",
    resource: "veth leah",
    refused:
      /there is a route to default via 10.0.0.99 over veth_ns_leah already in netns_leah, and we did not make it/,
    unmake: [],
  },
  {
    what: "a route to a virtual address",
    replace: [`ip route del ${VIP}`, `ip route add unreachable ${VIP}`],
    look: `ip route show ${VIP}`,
    resource: "http",
    refused: /address: 10.100.100.100: the host has a route .* of type unreachable that we did not make/,
    unmake: [`ip route del unreachable ${VIP}`],
  },
  theirChain("DUSTIN-SERVICES", "services"),
  theirChain("DUSTIN-SVC-HTTP", "http"),
  theirChain("DUSTIN-SEP-HTTP1", "http1"),
];

it.each(halved(rows))("$what of somebody in the place of ours is refused by up and left by destroy", async (row) => {
  const stack = new Stack();
  await makeArticle(stack);
  await byHand(row.replace);
  const look = () => output(row.look.split(" "));
  const theirs = await look();

  expect(await stack.drifted()).toContain(row.resource);
  expect(await stack.failures(row.resource)).toEqual([expect.stringMatching(row.refused)]);
  const { __owner, ...args } = stack.made.get(row.resource)!.inputs;
  await expect(stack.update(row.resource, args)).rejects.toThrow(row.refused);
  expect(await look()).toBe(theirs);

  // With its namespace goes what is in it.
  const inNamespace = row.unmake.length === 0;
  await stack.destroy();
  if (!inNamespace) expect(await look()).toBe(theirs);
  await byHand(row.unmake);
});

it("a pair whose peer is on the host takes no other's default route", async () => {
  const theirs = ["ip route add default dev lo proto static"];
  await byHand(theirs);
  const stack = new Stack();
  const peer = { name: "p_two", addresses: ["10.66.0.2/24"], gateway: "10.66.0.1" };
  await expect(stack.make("vethPair", "v", { name: "p_one", addresses: ["10.66.0.1/24"], peer })).rejects.toThrow(
    /there is a route to default over lo already, and we did not make it/,
  );
  expect(await output(["ip", "route", "show", "default"])).toBe("default dev lo proto static scope link \n");
  await output(["ip", "route", "del", "default"]);
});
