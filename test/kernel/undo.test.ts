import { expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { HostError } from "../../provider/kernel/errors.js";
import { hostState, leavesNothing } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { steadyState } from "../support/steady.js";
import { makeNetwork } from "./article.js";
import { Stack } from "./stack.js";

/** The error of something that must fail. */
const failureOf = (work: Promise<unknown>): Promise<HostError> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: HostError) => error,
  );

it("a step that the kernel refuses undoes those before it, newest first, and the error tells all", () =>
  leavesNothing(async () => {
    const sysctls = { "net.ipv4.conf.all.rp_filter": "2", "net.ipv4.tcp_congestion_control": "no-such-algorithm" };
    const error = await failureOf(new Stack().make("netNamespace", "n", { name: "undo_ns", sysctls }));
    expect(error).toBeInstanceOf(HostError);
    expect(error.command).toBe("sysctl -w net.ipv4.tcp_congestion_control=no-such-algorithm");
    expect(error.stderr).toMatch(/tcp_congestion_control/);
    expect(error.undone.at(-1)).toBe("ip netns del undo_ns");
    expect(error.message).toContain(error.stderr.trim());
    expect(error.message).toMatch(/undone: .*ip netns del undo_ns/);
  }));

it("a route that the kernel refuses takes the pair away again", async () => {
  const stack = new Stack();
  await leavesNothing(async () => {
    await makeNetwork(stack);
    await stack.make("netNamespace", "n", { name: "undo_ns" });
    const before = await steadyState();
    const peer = { name: "eth0", namespace: "undo_ns", addresses: ["10.0.0.5/24"], gateway: "192.168.7.1" };
    const pair = { name: "undo_veth", bridge: "bridge_home", peer };
    const error = await failureOf(stack.make("vethPair", "v", pair));
    expect(error.command).toMatch(/^ip -n undo_ns route replace default via 192.168.7.1 /);
    expect(error.stderr).toMatch(/Nexthop has invalid gateway|unreachable/);
    expect(error.undone).toEqual(["ip link del dev undo_veth"]);
    expect(await steadyState()).toEqual(before);
    await stack.destroy();
  });
});

it("what the kernel was built without is named, with its option and the cure, and nothing is left", async ({
  skip,
}) => {
  const stack = new Stack();
  await leavesNothing(async () => {
    const made = stack.make("bridge", "b", { name: "undo_br", vlanFiltering: true }).then(() => stack.destroy());
    const error = await made.then(
      () => skip("this kernel filters VLANs on bridges"),
      (thrown: HostError) => thrown,
    );
    expect(error.message).toBe(
      [
        "ip link add name undo_br address MAC type bridge vlan_filtering 1 failed (unsupported):",
        "RTNETLINK answers: Operation not supported: this kernel was built without CONFIG_BRIDGE_VLAN_FILTERING:",
        "leave vlanFiltering out, or take a kernel that was built with it\nnothing had to be undone",
      ]
        .join(" ")
        .replace("MAC", / address (\S+)/.exec(error.message)?.[1] ?? ""),
    );
  });
});

// A table is a transaction of its own, and table nat comes after table filter.
it.each(["none before", "some before"])(
  "rules that the kernel refuses in one table take those in another along (%s)",
  async (there) => {
    const stack = new Stack();
    await leavesNothing(async () => {
      if (there === "some before") await stack.make("natChain", "a", { name: "UNDO-A", vipRange: "10.7.201.0/24" });
      const before = await steadyState();
      // The kernel translates destinations in PREROUTING and OUTPUT alone.
      const rules = [{ destination: "10.7.100.4", protocol: "tcp", destinationPort: 80, toDestination: "10.7.2.5" }];
      const chain = { name: "UNDO-B", hooks: ["POSTROUTING"], vipRange: "10.7.200.0/24", rules };
      const error = await failureOf(stack.make("natChain", "b", chain));
      expect(error.command).toMatch(/^iptables-restore/);
      expect(await steadyState()).toEqual(before);
      await stack.destroy();
    });
  },
);

it("in an update the values before come back, newest first", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await stack.make("bridge", "b", { name: "undo_br", addresses: ["10.8.0.1/24"], mtu: 1400 });
    const before = await steadyState();
    const refused = { name: "undo_br", addresses: ["10.8.0.2/24"], mtu: 1300, masquerade: ["10.8.0.0/24"] };
    stack.newRun(new RealHost({}, { exec: failing("iptables-restore") }));
    const error = await failureOf(stack.update("b", refused));
    expect(error.command).toMatch(/^iptables-restore/);
    expect(error.undone.map((line) => line.replace(/^ip (link set|addr) /, ""))).toEqual([
      "del 10.8.0.2/24 dev undo_br",
      "replace 10.8.0.1/24 dev undo_br",
      "dev undo_br mtu 1400",
    ]);
    expect(await steadyState()).toEqual(before);
    await stack.destroy();
  }));

it("a firewall that is refused takes the bridge back with it", () =>
  leavesNothing(async () => {
    const stack = new Stack("kernel", new RealHost({}, { exec: failing("iptables-restore") }));
    const error = await failureOf(makeNetwork(stack));
    expect(error.stderr).toMatch(/NO-SUCH-CHAIN|No chain|line \d+ failed/);
    expect(error.undone).toEqual(["ip link del dev bridge_home"]);
  }));

it("a switch of the host that is refused takes the rules that note it back, and leaves those of others in the group", () =>
  leavesNothing(async () => {
    const exec = localExec();
    const readOnly: Exec = (argv, options) =>
      argv[0] === "sysctl" && argv.includes("-w")
        ? exec(["sh", "-c", "echo 'sysctl: permission denied on key' >&2; exit 1"])
        : exec(argv, options);
    const stack = new Stack("kernel", new RealHost({}, { exec: readOnly }));
    const chain = stack.make("natChain", "services", { name: "DUSTIN-SERVICES", hooks: ["PREROUTING"] });
    const error = await failureOf(makeNetwork(stack));
    await chain;
    expect(error.undone).toEqual(["its firewall rules", "ip link del dev bridge_home"]);
    expect((await hostState()).link?.join()).not.toContain("bridge_home");
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
  }));

it("what fails takes nothing with it of what is made in the same group", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await makeNetwork(stack);
    const namespace = (name: string, sysctls = {}) => stack.make("netNamespace", name, { name, sysctls });
    const outcomes = await Promise.allSettled([
      namespace("undo_one"),
      namespace("undo_two", { "net.ipv4.ip_forward": "banana" }),
      namespace("undo_three"),
      stack.make("vethPair", "bad", { name: "undo_v1", peer: { name: "undo_v2", gateway: "192.168.7.1" } }),
      stack.make("vethPair", "good", { name: "undo_v3", bridge: "bridge_home", peer: { name: "undo_v4" } }),
      stack.make("bridge", "other", { name: "undo_br", addresses: ["10.8.0.1/24"], masquerade: ["10.8.0.0/24"] }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    const { netns = [], link = [] } = await hostState();
    expect(netns).toEqual(["undo_one", "undo_three"]);
    expect(link.filter((line) => line.includes("undo_v")).length).toBe(2);
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
  }));

it.each(["before", "after"])(
  "a transaction whose tool is killed %s the kernel has heard it is looked at, and brought to its end",
  (when) =>
    leavesNothing(async () => {
      const exec = localExec();
      let killed = 0;
      const killing: Exec = async (argv, options) => {
        if (argv[0] !== "iptables-restore" || killed++ > 0) return await exec(argv, options);
        if (when === "after") await exec(argv, options);
        return await exec(["sh", "-c", "kill -KILL $$"]);
      };
      const stack = new Stack("kernel", new RealHost({}, { exec: killing }));
      const hooks = ["PREROUTING", "OUTPUT"];
      await stack.make("natChain", "services", { name: "DUSTIN-SERVICES", hooks });
      expect(killed).toBeGreaterThan(0);
      const { iptables = [] } = await hostState();
      expect(iptables.filter((line) => line.includes("-j DUSTIN-SERVICES")).length).toBe(hooks.length);
      expect(await stack.drifted()).toEqual([]);
      await stack.destroy();
    }),
);

it("a batch whose tool is killed, nobody knows how far it has come, is taken back", () =>
  leavesNothing(async () => {
    const exec = localExec();
    const killing: Exec = async (argv, options) => {
      const result = await exec(argv, options);
      return argv.join(" ") === "ip -batch -" ? await exec(["sh", "-c", "kill -KILL $$"]) : result;
    };
    const error = await failureOf(makeNetwork(new Stack("kernel", new RealHost({}, { exec: killing }))));
    expect(error.code).toBe("killed");
    expect(error.undone).toContain("ip link del dev bridge_home");
  }));

it("what was planned on an operation of its group that fails is planned anew without it", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    // The endpoint asks for a rule of its own, unless the bridge masquerades for it.
    const chain = {
      name: "UNDO-C",
      hooks: ["POSTROUTING"],
      rules: [{ destination: "10.7.100.2", protocol: "tcp", destinationPort: 80, toDestination: "10.7.1.1" }],
      services: [
        {
          name: "WEB",
          address: "fd00:7:100::1",
          ports: [{ port: 80 }],
          endpoints: [{ name: "E1", address: "fd00:7:2::3" }],
        },
      ],
    };
    const failed = failureOf(stack.make("natChain", "c", chain));
    await stack.make("bridge", "b", { name: "undo_br", masquerade: ["fd00:7:2::/64"] });
    expect((await failed).command).toMatch(/^iptables-restore/);
    const { ip6tables = [] } = await hostState();
    expect(ip6tables.filter((line) => line.includes("UNDO"))).toEqual([]);
    expect(ip6tables.filter((line) => line.includes("-j MASQUERADE"))).toHaveLength(1);
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
  }));

/** The machine's tools, but a tool's input has a line that it refuses. */
function failing(tool: string): Exec {
  const exec = localExec();
  return (argv, options) =>
    exec(
      argv,
      argv[0] === tool
        ? { input: String(options?.input).replace("COMMIT", "-A NO-SUCH-CHAIN -j ACCEPT\nCOMMIT") }
        : options,
    );
}
