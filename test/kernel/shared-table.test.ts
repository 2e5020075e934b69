import { describe, expect, it, vi } from "vitest";
import { lackIn } from "../../provider/host/classify.js";
import { leavesNothing, output, run } from "../support/host.js";
import type { Kind } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { choose } from "../support/variants.js";
import { Stack } from "./stack.js";

type Part = readonly [kind: Kind, args: Record<string, unknown>];

const CHAIN = (name: string): Part[] => [["natChain", { name, hooks: ["PREROUTING", "OUTPUT"] }]];
const SERVICE = (chain: string, address: string): Part[] => [
  ...CHAIN(chain),
  ["serviceVip", { chain, name: "S", address, ports: [{ port: 80 }] }],
];
const SERVED = (chain: string, address: string): Part[] => [
  ...SERVICE(chain, address),
  ["endpoint", { service: `${chain}/S`, name: `${chain}E`, address: address.replace(/1$/, "2") }],
];
const BRIDGE = (name: string, family: "ip" | "ip6"): Part[] => [
  ["bridge", { name, forward: true, masquerade: [family === "ip" ? "10.4.0.0/24" : "fd04::/64"] }],
];
const BOTH: [string, Part[], Part[]][] = [
  ["a bridge beside a chain", CHAIN("ONE"), BRIDGE("br_two", "ip")],
  ["a bridge beside a service", SERVED("ONE", "10.100.0.1"), BRIDGE("br_two", "ip")],
  ["a chain beside a bridge", BRIDGE("br_one", "ip"), CHAIN("TWO")],
  ["a service beside a bridge", BRIDGE("br_one", "ip"), SERVED("TWO", "10.100.0.1")],
  ["a service without endpoints beside a bridge", BRIDGE("br_one", "ip"), SERVICE("TWO", "10.100.0.1")],
  ["of IPv6, a bridge beside a service", SERVED("ONE", "fd10::1"), BRIDGE("br_two", "ip6")],
  ["of IPv6, a service beside a bridge", BRIDGE("br_one", "ip6"), SERVED("TWO", "fd10::1")],
];

/** All that nft has, but for the numbers that it counts up. */
const ruleset = async () => (await output(["nft", "--stateless", "list", "ruleset"])).split("\n").sort();
const chains = async () => (await output(["nft", "list", "chains"])).split("\n").sort();

/** Takes out all rules with a mark, one by one. */
async function flushMarked(tool: string, mark: string): Promise<void> {
  let script = "";
  for (const line of (await output([`${tool}-save`])).split("\n"))
    if (/^(\*|COMMIT)/.test(line)) script += `${line}\n`;
    else if (line.startsWith("-A ") && line.includes(mark)) script += `-D ${line.slice(3)}\n`;
  await output([`${tool}-restore`, "--noflush"], { input: script });
}

async function make(stack: Stack, parts: Part[]): Promise<void> {
  for (const [at, [kind, args]] of parts.entries()) await stack.make(kind, `${kind}${at}`, args);
}

describe.each(BOTH)("%s, by two stacks in tables that one of them has made", (_what, first, second) => {
  it("the second leaves no empty built-in chain, and the first keeps what it has", () =>
    leavesNothing(async () => {
      const [one, two] = [new Stack("one"), new Stack("two")];
      await make(one, first);
      const before = await ruleset();
      await make(two, second);
      await two.destroy();
      expect(await ruleset()).toEqual(before);
      expect(await one.drifted()).toEqual([]);
      await one.destroy();
    }));

  it("the first leaves none either, and the second keeps what it has", () =>
    leavesNothing(async () => {
      const [one, two, alone] = [new Stack("one"), new Stack("two"), new Stack("two")];
      await make(alone, second);
      const wanted = await chains();
      await alone.destroy();
      await make(one, first);
      await make(two, second);
      await one.destroy();
      expect(await chains()).toEqual(wanted);
      expect(await two.drifted()).toEqual([]);
      await two.destroy();
    }));

  it("nor does it where the second's rules were flushed by hand", () =>
    leavesNothing(async () => {
      const [one, two] = [new Stack("one"), new Stack("two")];
      await make(one, first);
      const before = await chains();
      await make(two, second);
      for (const tool of ["iptables", "ip6tables"]) await flushMarked(tool, "test/two");
      await two.destroy();
      expect(await chains()).toEqual(before);
      await one.destroy();
    }));
});

it("with iptables-legacy, whose built-in chains can't be taken away, the second goes without an error", async (context) => {
  // With its namespace go the tables that iptables-legacy leaves.
  const inside = ["nsenter", "--net=/run/netns/legacy"];
  await output(["ip", "netns", "add", "legacy"]);
  const { exitCode, stderr } = await run([...inside, "iptables-legacy", "-t", "mangle", "-S"]);
  if (exitCode !== 0) context.skip(`no legacy tables here, or not for this user: ${stderr.trim()}`);
  choose("legacy");
  try {
    const nextHost = () => new RealHost({ netns: "legacy" });
    const [one, two] = ["one", "two"].map((name) => new Stack(name, nextHost(), nextHost)) as [Stack, Stack];
    const rules = async () => (await output([...inside, "iptables-legacy-save"])).replace(/^#.*\n|\[\d+:\d+\]/gm, "");
    await make(one, CHAIN("ONE"));
    const before = await rules();
    await make(two, BRIDGE("br_two", "ip"));
    expect(await rules()).toContain("MASQUERADE");
    await two.destroy();
    expect((await rules()).replace(/^\*filter\n(:.*\n)*COMMIT\n/m, "")).toBe(before);
    expect(await one.drifted()).toEqual([]);
    const log = vi.spyOn(console, "log");
    await one.destroy();
    expect(log.mock.calls.flat()).toContainEqual(
      "table nat stays, though nothing is in it: iptables is iptables-legacy; where iptable_nat is a module, `modprobe -r iptable_nat` takes it away",
    );
    expect(await rules()).not.toContain("-A ");
    expect(await output([...inside, "cat", "/proc/net/ip_tables_names"])).toContain("nat");
    const said = await run([...inside, "iptables-legacy", "-t", "nosuch", "-S"]);
    expect(lackIn(said.stderr)).toEqual({ of: "table", name: "nosuch" });
  } finally {
    vi.restoreAllMocks();
    choose("nft");
    await output(["ip", "netns", "del", "legacy"]);
  }
});
