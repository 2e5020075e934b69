import { beforeEach, describe, expect, it, vi } from "vitest";
import { leavesNothing, output, requireSandbox, whyNotRoot } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { Stack } from "./stack.js";

beforeEach(requireSandbox);

const run = async (...lines: string[]) => {
  for (const line of lines) await output(line.split(" "));
};

/** What a work prints. */
async function printed(work: () => Promise<unknown>): Promise<string[]> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    await work();
    return log.mock.calls.map(([line]) => String(line));
  } finally {
    log.mockRestore();
  }
}

describe.each([
  { family: "IPv4", key: "net.ipv4.ip_forward", tool: "iptables", addresses: ["10.81.0.1/24"], net: "10.82.0.0/24" },
  {
    family: "IPv6",
    key: "net.ipv6.conf.all.forwarding",
    tool: "ip6tables",
    addresses: ["fd00:81::1/64"],
    net: "fd00:82::/64",
  },
])("forwarding of $family", ({ key, tool, addresses, net }) => {
  const isOn = async () => (await output(["sysctl", "-n", key])).trim() === "1";
  const table = `${tool === "iptables" ? "ip" : "ip6"}`;
  const bridge = (name: string) => ({ name, addresses: name === "tk_a" ? addresses : [], forward: true });
  /** As Docker, libvirt, ufw and people do. */
  const theirs: [string, string[], string][] = [
    ["an accept", ["-A FORWARD -i eth9 -j ACCEPT"], "filter"],
    ["an accept in a chain", ["-N OTHERS", "-A OTHERS -o eth9 -j ACCEPT", "-A FORWARD -j OTHERS"], "filter"],
    ["a masquerade", [`-t nat -A POSTROUTING -s ${net} -j MASQUERADE`], "nat"],
  ];
  const make = (lines: string[]) => run(...lines.map((line) => `${tool} ${line}`));

  it.each(theirs)("stays on where %s of others has come since, and the removal says so", (_what, lines, where) =>
    leavesNothing(async () => {
      const stack = new Stack();
      await stack.make("bridge", "a", bridge("tk_a"));
      expect(await isOn()).toBe(true);
      await make(lines);
      const said = await printed(() => stack.destroy());
      expect(await isOn()).toBe(true);
      expect(said).toEqual([
        expect.stringMatching(
          new RegExp(
            `^Bridge tk_a: ${key} stays 1, though it was 0 before: rules of others forward now, as -A .* does$`,
          ),
        ),
      ]);
      await run(`nft delete table ${table} ${where}`, `sysctl -qw ${key}=0`);
    }),
  );

  it.each(theirs)("goes off where %s of others was there without it", (_what, lines, where) =>
    leavesNothing(async () => {
      await make(lines);
      const stack = new Stack();
      await stack.make("bridge", "a", bridge("tk_a"));
      // What the first one noted holds for the second too, and for a flush by the state file.
      await stack.make("bridge", "b", { ...bridge("tk_b"), addresses });
      await stack.remove("a");
      expect(await isOn()).toBe(true);
      expect(await printed(() => stack.destroy())).toEqual([]);
      expect(await isOn()).toBe(false);
      await run(`nft delete table ${table} ${where}`);
    }),
  );

  it("goes off where the rules that note it were flushed, and none of others are there", () =>
    leavesNothing(async () => {
      const stack = new Stack();
      await stack.make("bridge", "a", bridge("tk_a"));
      await run(`${tool} -F FORWARD`);
      expect(await printed(() => stack.destroy())).toEqual([]);
      expect(await isOn()).toBe(false);
    }));

  it("stays on where a bridge forwards no more and others do", () =>
    leavesNothing(async () => {
      const stack = new Stack();
      await stack.make("bridge", "a", bridge("tk_a"));
      await make(["-A FORWARD -i eth9 -j ACCEPT"]);
      await stack.update("a", { name: "tk_a", addresses });
      expect(await isOn()).toBe(true);
      expect(await stack.drifted()).toEqual([]);
      await stack.destroy();
      await run(`nft delete table ${table} filter`, `sysctl -qw ${key}=0`);
    }));
});

describe("a bridge", () => {
  const links = async () =>
    (JSON.parse(await output(["ip", "-j", "link"])) as { ifname: string; master?: string }[]).map(
      ({ ifname, master }) => (master === undefined ? ifname : `${ifname} on ${master}`),
    );

  it.for<[string, string[], string, RegExp]>([
    [
      "a tap as its port",
      ["ip tuntap add tk_tap mode tap", "ip link set tk_tap master tk_a"],
      "tk_tap",
      /tk_tap nomaster/,
    ],
    [
      "a pair's end as its port",
      ["ip link add tk_v type veth peer name tk_w", "ip link set tk_v master tk_a"],
      "tk_v",
      /tk_v nomaster/,
    ],
    ["a macvlan on top", ["ip link add tk_m link tk_a type macvlan"], "tk_m", /ip link del dev tk_m/],
  ])("with %s is neither deleted nor replaced", ([_what, lines, theirs, cure], { skip }) =>
    leavesNothing(async () => {
      const reason = whyNotRoot(lines.join("\n"));
      if (reason !== undefined) skip(reason);
      const stack = new Stack();
      await stack.make("bridge", "a", { name: "tk_a", addresses: ["10.81.0.1/24"], forward: true });
      await run(...lines);
      const before = [await links(), await output(["iptables", "-S"])];

      const [failure] = await stack.failures("a", { name: "tk_b", addresses: ["10.81.0.1/24"] });
      expect(failure).toMatch(/^name: tk_a has .* that this stack did not make/);
      expect(failure).toContain(theirs);
      expect(failure).toMatch(cure);
      await expect(stack.destroy()).rejects.toThrow(cure);
      expect([await links(), await output(["iptables", "-S"])]).toEqual(before);

      await run(`ip link del ${theirs}`);
      expect(await stack.failures("a", { name: "tk_b", addresses: ["10.81.0.1/24"] })).toEqual([]);
      await stack.destroy();
    }),
  );

  it("is replaced once a port of others, which this run has seen, is gone", () =>
    leavesNothing(async () => {
      const stack = new Stack();
      await stack.make("bridge", "a", { name: "tk_a" });
      await run("ip link add tk_v type veth peer name tk_w", "ip link set tk_v master tk_a");
      const { inputs } = stack.made.get("a")!;
      const { check } = lifecycleOn(new RealHost({}), "bridge");
      const failures = async () => (await check(inputs, { ...inputs, name: "tk_b" })).failures;
      expect(await failures()).toEqual([expect.objectContaining({ reason: expect.stringContaining("tk_v") })]);
      await run("ip link del tk_v");
      expect(await failures()).toEqual([]);
      await stack.destroy();
    }));

  it("with a port that a killed run has left without a mark goes", () =>
    leavesNothing(async () => {
      const stack = new Stack();
      await stack.make("bridge", "a", { name: "tk_a" });
      await stack.make("vethPair", "v", { name: "tk_v", bridge: "tk_a", peer: { name: "tk_w" } });
      await run("ip link set dev tk_v alias ", "ip link set dev tk_w alias ");
      await stack.remove("a");
      expect(await links()).not.toContain("tk_a");
      await run("ip link del tk_v");
    }));

  it("with ports of its own stack goes, whoever of them is first", () =>
    leavesNothing(async () => {
      const stack = new Stack();
      await stack.make("bridge", "a", { name: "tk_a" });
      await stack.make("vethPair", "v", { name: "tk_v", bridge: "tk_a", peer: { name: "tk_w" } });
      await stack.remove("a");
      await stack.destroy();
    }));
});
