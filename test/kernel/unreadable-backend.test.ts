import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Exec, failure, localExec } from "../../provider/host/exec.js";
import { output, requireSandbox, run } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { choose } from "../support/variants.js";
import { makeEndpoint, makeService } from "./article.js";
import { Stack } from "./stack.js";

/** A host of its own for each test, which takes its legacy tables with it. */
const NETNS = "variants";
const inside = (...argv: string[]) => ["nsenter", `--net=/run/netns/${NETNS}`, ...argv];
const nft = (script: string) => output(inside("nft", "-f", "-"), { input: script });

/** The commands of that host, of which one is not there. */
const without =
  (tool: string): Exec =>
  (argv, reads) => {
    if (argv[0] === tool) throw failure(argv, `spawn ${tool} ENOENT`);
    return localExec(NETNS)(argv, reads);
  };
const nextHost = (exec?: Exec) => new RealHost({ netns: NETNS }, { exec });

beforeAll(requireSandbox);
afterAll(() => choose("nft"));
beforeEach(async (context) => {
  choose("nft");
  await output(["ip", "netns", "add", NETNS]);
  await output(inside("ip", "link", "set", "lo", "up"));
  const { exitCode, stderr } = await run(inside("iptables-legacy", "-t", "mangle", "-S"));
  if (exitCode !== 0) context.skip(`no legacy tables here, or not for this user: ${stderr.trim()}`);
});
afterEach(() => output(["ip", "netns", "del", NETNS]));

const BRIDGES = [
  { family: "ip", version: "IPv4", legacy: "iptables-legacy", cidr: "10.0.0.0/24" },
  { family: "ip6", version: "IPv6", legacy: "ip6tables-legacy", cidr: "fd00::/64" },
];

describe.each(BRIDGES)("tables of $legacy beside iptables-nft", ({ version, legacy, cidr }) => {
  const bridge = { name: "br_var", masquerade: [cidr] };

  beforeEach(async (context) => {
    const { exitCode, stderr } = await run(inside(legacy, "-t", "nat", "-S"));
    if (exitCode !== 0) context.skip(`no legacy tables of ${version} here: ${stderr.trim()}`);
  });

  it("are named where nobody can read them, by preview, up, refresh and destroy; what needs none of them goes on", async () => {
    const exec = without(`${legacy}-save`);
    const nextRun = () => nextHost(exec);
    const stack = new Stack("variants", nextHost(), nextRun);
    await stack.make("bridge", "home", bridge);
    const said = new RegExp(
      `table nat of ${version} in ${legacy} can't be read: .*${legacy}-save.*\\nInstall ${legacy}-save`,
    );
    const { failures } = await lifecycleOn(nextRun(), "bridge").check({}, { ...bridge, __owner: "test/variants/b" });
    expect(failures.map(({ reason }) => reason)).toEqual([expect.stringMatching(said)]);
    await expect(stack.drifted()).rejects.toThrow(said);
    await expect(stack.heal()).rejects.toThrow(said);
    await expect(stack.read("home")).rejects.toThrow(said);
    await expect(stack.destroy()).rejects.toThrow(said);

    const beside = new Stack("beside", nextRun(), nextRun);
    await beside.make("bridge", "plain", { name: "br_plain" });
    await beside.make("bridge", "forwards", {
      name: "br_fwd",
      forward: true,
      addresses: [cidr.replace("0/", "1/").replace("::/", "::1/")],
    });
    expect(await beside.drifted()).toEqual([]);
    await beside.destroy();

    stack.newRun(nextHost());
    await stack.remove("home");
    expect(await output(inside("nft", "list", "tables"))).toBe("");
  });

  it("that we don't use hinder nobody, read or not", async () => {
    await output(["ip", "netns", "del", NETNS]);
    await output(["ip", "netns", "add", NETNS]);
    await output(inside(legacy, "-t", "mangle", "-S"));
    const nextRun = () => nextHost(without(`${legacy}-save`));
    const stack = new Stack("variants", nextRun(), nextRun);
    await stack.make("bridge", "home", bridge);
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
    expect(await output(inside("nft", "list", "tables"))).toBe("");
  });
});

describe("tables of nft that iptables-nft can't show, beside iptables-legacy", () => {
  const forbidden = "ct state vmap { established : accept }";
  beforeEach(() => choose("legacy"));

  it("hinder nobody, and stay", async () => {
    await nft(`add table ip nat\nadd chain ip nat theirs\nadd rule ip nat theirs ${forbidden}\n`);
    const before = await output(inside("nft", "list", "ruleset"));
    const stack = new Stack("variants", nextHost(), () => nextHost());
    await makeService(stack);
    await makeEndpoint(stack, 1, "10.0.0.11");
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
    expect(await output(inside("nft", "list", "ruleset"))).toBe(before);
  });

  it.each([
    ["that has a chain of ours", "add chain ip nat DUSTIN-SERVICES\n"],
    [
      "that leads to a chain of ours",
      "add chain ip nat DUSTIN-SERVICES\nadd rule ip nat theirs counter jump DUSTIN-SERVICES\n",
    ],
  ])("are refused where there is one %s, with iptables-nft-save and without", async (_what, more) => {
    await nft(`add table ip nat\nadd chain ip nat theirs\nadd rule ip nat theirs ${forbidden}\n${more}`);
    for (const exec of [localExec(NETNS), without("iptables-nft-save")]) {
      const stack = new Stack("variants", nextHost(exec));
      await expect(makeService(stack)).rejects.toThrow(/chain DUSTIN-SERVICES is in iptables-nft already/);
    }
  });
});

it("nft that isn't there hinders what is on iptables in nothing, and what was on nftables is not taken for gone", async () => {
  const nextRun = () => nextHost(without("nft"));
  const onIptables = new Stack("iptables", nextRun(), nextRun);
  await makeService(onIptables);
  expect(await onIptables.drifted()).toEqual([]);

  const stack = new Stack("nftables", nextHost(), nextRun);
  await stack.make("natChain", "chain", { name: "NFT-SERVICES", backend: "nftables" });
  const args = { chain: "NFT-SERVICES", name: "WEB", address: "10.100.0.1", ports: [{ port: 80 }] };
  await stack.make("serviceVip", "web", args);
  await stack.make("endpoint", "web1", { service: "NFT-SERVICES/WEB", name: "WEB1", address: "10.0.0.12" });
  stack.newRun();
  const said = /What is on nftables can't be read: nft: spawn nft ENOENT\nInstall nftables/;
  for (const name of ["chain", "web", "web1"]) await expect(stack.read(name)).rejects.toThrow(said);
  await expect(stack.drifted()).rejects.toThrow(said);
  await expect(stack.destroy()).rejects.toThrow(said);
  expect([...stack.made.keys()]).toEqual(["chain", "web", "web1"]);

  for (const each of [stack, onIptables]) {
    each.newRun(nextHost());
    for (const name of [...each.made.keys()].reverse()) await each.remove(name);
  }
  expect(await output(inside("nft", "list", "tables"))).toBe("");
});

it("a namespace's name that leads nowhere is no namespace that isn't there: who wants it is told, and nobody else", async () => {
  await output(["sh", "-c", ": >/run/netns/dead"]);
  try {
    const stack = new Stack("dead", new RealHost({}));
    await stack.make("netNamespace", "alive", { name: "alive" });
    expect(await stack.drifted()).toEqual([]);
    const said =
      /the dead name dead \(\/run\/netns\/dead leads to no network namespace; `ip netns delete dead` takes it/;
    const { failures } = await lifecycleOn(new RealHost({}), "netNamespace").check(
      {},
      { name: "dead", __owner: "t/d/x" },
    );
    expect(failures.map(({ reason }) => reason)).toEqual([expect.stringMatching(said)]);
    await expect(stack.make("netNamespace", "dead", { name: "dead" })).rejects.toThrow(said);
    await stack.destroy();
  } finally {
    await output(["ip", "netns", "del", "dead"]);
  }
});
