import { beforeAll, expect, it, onTestFinished, vi } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { leavesNothing, output, requireSandbox } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { SmallEngine, type Stages } from "./small-engine.js";

beforeAll(requireSandbox);

const NAMESPACE = "sysctl_ns";

const program = (sysctls: Inputs, peer = "eth0"): Stages => [
  [["netNamespace", "n", { name: NAMESPACE, sysctls }]],
  [["vethPair", "v", { name: "sysctl_v", peer: { name: peer, namespace: NAMESPACE, addresses: ["10.6.0.2/24"] } }]],
];

/** What the kernel has of a setting of an interface, by the file. */
async function settingOf(device: string, family = "ipv4", key = "rp_filter"): Promise<string> {
  const file = `/proc/sys/net/${family}/conf/${device}/${key}`;
  return (await output(["ip", "netns", "exec", NAMESPACE, "cat", file])).trim();
}

const up = (engine: SmallEngine, stages: Stages) => engine.up(stages, new RealHost({}));

it.each([
  ["eth0", "net.ipv4.conf.eth0.rp_filter"],
  ["eth0.7", "net.ipv4.conf.eth0/7.rp_filter"],
])("a sysctl of %s is set when a later resource makes the interface, and heals with it", (device, key) =>
  leavesNothing(async () => {
    const engine = new SmallEngine();
    const wanted = program({ [key]: 2, "net.ipv4.conf.all.rp_filter": 1 }, device);
    await up(engine, wanted);
    expect(await settingOf(device)).toBe("2");

    for (const lost of [
      ["link", "del", "sysctl_v"],
      ["netns", "del", NAMESPACE],
    ]) {
      await output(["ip", ...lost]);
      await up(engine, wanted);
      expect(await settingOf(device)).toBe("2");
    }
    await output(["ip", "netns", "exec", NAMESPACE, "sysctl", "-qw", `${key}=0`]);
    await up(engine, wanted);
    expect(await settingOf(device)).toBe("2");

    await up(engine, program({ [key]: 1 }, device));
    expect(await settingOf(device)).toBe("1");
    await engine.destroy(new RealHost({}));
  }),
);

it("one of an interface that nothing makes is named by the next up", () =>
  leavesNothing(async () => {
    const said: unknown[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line) => void said.push(line));
    onTestFinished(() => log.mockRestore());
    const engine = new SmallEngine();
    const wanted = program({ "net.ipv4.conf.eht0.rp_filter": 2, "net.ipv4.conf.eth0.rp_filter": 2 });
    await up(engine, wanted);
    expect(said).toEqual([]);
    await up(engine, wanted);
    expect(said).toEqual([expect.stringMatching(/NetNamespace sysctl_ns: sysctls: \S+eht0\S+ is not set.* eht0 /)]);
    await engine.destroy(new RealHost({}));
  }));

it("one of an interface that gets another name is set for that, and none waits for the former", () =>
  leavesNothing(async () => {
    const engine = new SmallEngine();
    await up(engine, program({ "net.ipv6.conf.eth0.accept_ra": 2 }));
    await up(engine, program({ "net.ipv6.conf.eth1.accept_ra": 2 }, "eth1"));
    expect(await settingOf("eth1", "ipv6", "accept_ra")).toBe("2");
    await engine.destroy(new RealHost({}));
  }));
