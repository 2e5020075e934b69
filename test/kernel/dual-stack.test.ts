import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import type { Background } from "../../sandbox/command.js";
import { type HostState, hostState, leavesNothing, output, requireSandbox, run } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { askFrom, serveOn } from "../support/sockets.js";
import { Stack } from "./stack.js";

const FORWARDING = "net.ipv6.conf.all.forwarding";
const NETNS = "ds_host";
const sysctl = async (key: string) => (await output(["sysctl", "-n", key])).trim();

const BRIDGE = {
  name: "ds_br",
  addresses: ["10.50.0.1/24", "FD00:50:0::0001/64", "fe80::1/64"],
  forward: true,
  masquerade: ["10.50.0.0/24", "fd00:50:0:0::/64"],
};

/** A bridge of both families with two pods, and an outside network that knows only the host. */
async function make(stack: Stack): Promise<void> {
  await stack.make("bridge", "bridge", BRIDGE);
  const gateways = [["10.50.0.1", "fd00:50::1"], ["fe80::1"]];
  for (const [at, gateway] of gateways.entries()) {
    const [netns, last] = [`ds_p${at + 1}`, 11 + at];
    await stack.make("netNamespace", netns, { name: netns, nameservers: ["fd00:50::53", "10.50.0.53"] });
    const addresses = [`10.50.0.${last}/24`, `fd00:50::${last}/64`];
    const peer = { name: "eth0", namespace: netns, addresses, gateway };
    await stack.make("vethPair", `veth ${netns}`, { name: `${netns}_v`, bridge: "ds_br", peer });
  }
  await stack.make("netNamespace", "ds_out", { name: "ds_out" });
  await stack.make("vethPair", "veth ds_out", {
    name: "ds_out_v",
    addresses: ["10.51.0.1/24", "fd00:51::1/64"],
    peer: { name: "eth0", namespace: "ds_out", addresses: ["10.51.0.2/24", "fd00:51::2/64"] },
  });
}

describe("a network of both families", () => {
  const stack = new Stack();
  const servers: Background[] = [];
  let before: HostState;

  beforeAll(async () => {
    requireSandbox();
    before = await hostState();
    await make(stack);
    for (const netns of ["ds_p1", "ds_p2", "ds_out"]) servers.push(await serveOn(netns, netns, "tcp", 80));
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await stack.destroy();
    expect(await hostState()).toEqual(before);
  });

  it.each([
    ["pod to pod", "ds_p1", "fd00:50::12", "ds_p2", undefined],
    ["the host to a pod", undefined, "fd00:50::11", "ds_p1", "fd00:50::1"],
    ["a pod to what is outside, masqueraded", "ds_p1", "fd00:51::2", "ds_out", "fd00:51::1"],
    ["a pod to what is outside, by a gateway of link-local address", "ds_p2", "fd00:51::2", "ds_out", "fd00:51::1"],
    ["a pod to what is outside, IPv4", "ds_p1", "10.51.0.2", "ds_out", "10.51.0.1"],
  ])("%s", async (_what, from, to, answers, seen) => {
    const { clients, ...rest } = await askFrom(from, "tcp", to, 80, 5);
    expect(rest).toEqual({ answers: { [answers]: 5 }, failures: {} });
    // As whom a pod is seen beside it is up to bridge-nf-call-ip6tables.
    if (seen !== undefined) expect(clients).toEqual({ [seen]: 5 });
  });

  it("is as declared, in whatever spelling, and has no address that is not usable yet", async () => {
    expect(await stack.drifted()).toEqual([]);
    for (const where of [[], ["-n", "ds_p1"], ["-n", "ds_p2"]])
      expect(await output(["ip", ...where, "-6", "-o", "addr", "show", "tentative", "scope", "global"])).toBe("");
    expect(readFileSync("/etc/netns/ds_p1/resolv.conf", "utf8")).toContain("nameserver fd00:50::53\n");
  });

  it("does forward because of rules in FORWARD, where others deny it", async () => {
    await output(["ip6tables", "-P", "FORWARD", "DROP"]);
    expect((await askFrom("ds_p1", "tcp", "fd00:51::2", 80, 2)).answers).toEqual({ ds_out: 2 });
    await output(["ip6tables", "-P", "FORWARD", "ACCEPT"]);
  });

  it("is healed after its links were set down, and answers at once", async () => {
    await output(["ip", "link", "set", "ds_br", "down"]);
    await output(["ip", "-n", "ds_p1", "link", "set", "eth0", "down"]);
    expect(await stack.heal()).toEqual(["bridge", "veth ds_p1"]);
    expect((await askFrom("ds_p1", "tcp", "fd00:51::2", 80, 1)).answers).toEqual({ ds_out: 1 });
    expect((await askFrom("ds_p2", "tcp", "fd00:50::11", 80, 1)).answers).toEqual({ ds_p1: 1 });
  });

  it("that a bridge no longer masquerades is seen by its own addresses", async () => {
    await output(["ip", "-n", "ds_out", "route", "add", "fd00:50::/64", "via", "fd00:51::1"]);
    await stack.update("bridge", { ...BRIDGE, masquerade: ["10.50.0.0/24"] });
    expect((await askFrom("ds_p1", "tcp", "fd00:51::2", 80, 2)).clients).toEqual({ "fd00:50::11": 2 });
    expect(await output(["nft", "list", "tables"])).not.toContain("ip6 nat");
    await stack.update("bridge", BRIDGE);
    expect((await askFrom("ds_p1", "tcp", "fd00:51::2", 80, 2)).clients).toEqual({ "fd00:51::1": 2 });
    await output(["ip", "-n", "ds_out", "route", "del", "fd00:50::/64"]);
  });

  it("with bridge-nf-call-ip6tables 0 and 1 alike", async () => {
    if (!existsSync("/proc/sys/net/bridge")) return;
    for (const value of ["0", "1"]) {
      await output(["sysctl", "-qw", `net.bridge.bridge-nf-call-ip6tables=${value}`]);
      expect((await askFrom("ds_p1", "tcp", "fd00:50::12", 80, 2)).answers).toEqual({ ds_p2: 2 });
      expect((await askFrom("ds_p1", "tcp", "fd00:51::2", 80, 2)).answers).toEqual({ ds_out: 2 });
    }
  });
});

describe("forwarding of IPv6", () => {
  beforeEach(requireSandbox);

  it("is switched on and back, by the last bridge to go, also when the rules that note it were flushed", () =>
    leavesNothing(async () => {
      const stack = new Stack();
      expect(await sysctl(FORWARDING)).toBe("0");
      await stack.make("bridge", "a", { name: "ds_a", addresses: ["fd00:52::1/64"], forward: true });
      await stack.make("bridge", "b", { name: "ds_b", addresses: ["fd00:53::1/64"], forward: true });
      // Neither has to do with IPv4.
      expect(await sysctl("net.ipv4.ip_forward")).toBe("0");
      expect(await output(["iptables-save"])).toBe("");
      await stack.remove("a");
      expect(await sysctl(FORWARDING)).toBe("1");
      await output(["ip6tables", "-F", "FORWARD"]);
      await stack.remove("b");
      expect(await sysctl(FORWARDING)).toBe("0");
    }));

  it("that was on before stays on, and a bridge of IPv4 alone touches nothing of IPv6", () =>
    leavesNothing(async () => {
      const stack = new Stack();
      await stack.make("bridge", "a", {
        name: "ds_a",
        addresses: ["10.52.0.1/24"],
        forward: true,
        masquerade: ["10.52.0.0/24"],
      });
      expect(await sysctl(FORWARDING)).toBe("0");
      expect(await output(["ip6tables-save"])).toBe("");
      await stack.destroy();
      await output(["sysctl", "-qw", `${FORWARDING}=1`]);
      await stack.make("bridge", "a", { name: "ds_a", addresses: ["fd00:52::1/64"], forward: true });
      await stack.destroy();
      expect(await sysctl(FORWARDING)).toBe("1");
      await output(["sysctl", "-qw", `${FORWARDING}=0`]);
    }));

  describe("on a host that goes by what a router advertises", () => {
    const ACCEPT_RA = "net.ipv6.conf.ds_up.accept_ra";
    const bridge = { name: "ds_a", addresses: ["fd00:52::1/64"], forward: true };
    beforeEach(async () => {
      await output(["ip", "link", "add", "ds_up", "type", "bridge"]);
      // An address of its own would come in its own time. Both in one command set it up first.
      await output(["ip", "link", "set", "ds_up", "addrgenmode", "none"]);
      await output(["ip", "link", "set", "ds_up", "up"]);
      await output(["ip", "-6", "route", "add", "default", "via", "fe80::99", "dev", "ds_up", "proto", "ra"]);
    });
    afterEach(async () => {
      await run(["ip", "link", "del", "ds_up"]);
    });

    it("is refused, with what to do, and nothing is touched", async () => {
      const before = await hostState();
      await expect(new Stack().make("bridge", "a", bridge)).rejects.toThrow(
        `gives up its route to ::/0, which a router on ds_up advertises, unless ${ACCEPT_RA} is 2`,
      );
      expect(await hostState()).toEqual(before);
    });

    it("is done once that is done", async () => {
      await output(["sysctl", "-qw", `${ACCEPT_RA}=2`]);
      const before = await hostState();
      const stack = new Stack();
      await stack.make("bridge", "a", bridge);
      expect(await stack.drifted()).toEqual([]);
      expect(await output(["ip", "-6", "route", "show", "default"])).toContain("proto ra");
      await stack.destroy();
      expect(await hostState()).toEqual(before);
    });
  });
});

it("an address that a router has told of is no drift, nor is a link-local one; one by hand is", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await stack.make("bridge", "a", { name: "ds_a", addresses: ["fd00:52::1/64"] });
    const add = (...words: string[]) => output(["ip", "addr", "add", ...words, "dev", "ds_a", "nodad"]);
    await add("fd00:52::a/64", "valid_lft", "300", "preferred_lft", "300");
    await add("fe80::7/64");
    expect(await stack.drifted()).toEqual([]);
    await add("fd00:52::b/64");
    expect(await stack.heal()).toEqual(["a"]);
    expect(await output(["ip", "-6", "-o", "addr", "show", "dev", "ds_a"])).not.toContain("fd00:52::b");
    // A link-local one that was declared goes when it is declared no more.
    await stack.update("a", { name: "ds_a", addresses: ["fd00:52::1/64", "FE80::1/64"] });
    await stack.update("a", { name: "ds_a", addresses: ["fd00:52::1/64"] });
    expect(await output(["ip", "-6", "-o", "addr", "show", "dev", "ds_a"])).not.toContain("fe80::1/");
    await stack.destroy();
  }));

it("who has no IPv6 is not asked for its rules each time, and who has it is", async () => {
  const count = async (args: Record<string, unknown>) => {
    const ran: string[] = [];
    const exec = localExec(NETNS);
    const counting: Exec = (argv, reads) => {
      ran.push(argv[0] ?? "");
      return exec(argv, reads);
    };
    const host = new RealHost({ netns: NETNS }, { exec: counting });
    const life = lifecycleOn(host, "bridge");
    const inputs = { ...args, __owner: "test/kernel/x" };
    const { id, outs } = await life.create(inputs);
    expect((await life.diff(id, outs, inputs)).changes).toBeFalsy();
    await life.delete(id, outs);
    return [
      ran.filter((tool) => tool === "iptables-save").length,
      ran.filter((tool) => tool === "ip6tables-save").length,
    ];
  };
  // A host of its own: tables of ip6tables-legacy that were there once stay, and are looked at.
  await leavesNothing(async () => {
    await output(["ip", "netns", "add", NETNS]);
    // The last look is before the tables go that came with the rules.
    expect(await count({ name: "ds_a", addresses: ["10.52.0.1/24"], forward: true })).toEqual([5, 2]);
    expect(await count({ name: "ds_a", addresses: ["fd00:52::1/64"], forward: true })).toEqual([5, 5]);
    await output(["ip", "netns", "del", NETNS]);
  });
});
