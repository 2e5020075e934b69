import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Family } from "../../provider/kernel/family.js";
import { differences, hostState, leavesNothing, output, requireSandbox, run } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { halved } from "../support/size.js";
import { makeEndpoint, makeService } from "./article.js";
import { Stack } from "./stack.js";

/** A host of its own for each test. */
const NETNS = "unreadable";
const inside = (...argv: string[]) => ["nsenter", `--net=/run/netns/${NETNS}`, ...argv];
const nft = (script: string) => output(inside("nft", "-f", "-"), { input: script });
const ruleset = () => output(inside("nft", "--stateless", "list", "ruleset"));
/** As a restore of what nft has listed does it: iptables can't show the comments that come back. */
const reload = async () => nft(`flush ruleset\n${await ruleset()}`);
const state = () => hostState((argv) => run(inside(...argv)));
const nextHost = () => new RealHost({ netns: NETNS });
const aStack = (name?: string) => new Stack(name, nextHost(), nextHost);

beforeEach(async () => {
  requireSandbox();
  await output(["ip", "netns", "add", NETNS]);
  await output(inside("ip", "link", "set", "lo", "up"));
});
afterEach(() => output(["ip", "netns", "del", NETNS]));

interface World {
  family: Family;
  version: string;
  bridge: { name: string; addresses: string[]; forward: boolean; masquerade: string[] };
  save: string;
}

const WORLDS: World[] = [
  {
    family: "ip",
    version: "IPv4",
    bridge: { name: "br_un", addresses: ["10.0.0.1/24"], forward: true, masquerade: ["10.0.0.0/24"] },
    save: "iptables-save",
  },
  {
    family: "ip6",
    version: "IPv6",
    bridge: { name: "br_un", addresses: ["fd00::1/64"], forward: true, masquerade: ["fd00::/64"] },
    save: "ip6tables-save",
  },
];

const OWNER = "test/kernel/home";
const forbidden = "ct state vmap { established : accept, related : accept }";

/** What a preview says of a bridge that is new, of one that is there, and what a refresh says. */
async function saidOf(stack: Stack, bridge: object): Promise<string[]> {
  stack.newRun();
  const { failures } = await lifecycleOn(nextHost(), "bridge").check({}, { ...bridge, __owner: OWNER });
  const thrown = (work: Promise<unknown>) =>
    work.then(
      () => "nothing",
      (error: Error) => error.message,
    );
  return [
    failures.map(({ reason }) => reason).join("\n"),
    await thrown(stack.drifted()),
    await thrown(stack.read("home")),
  ];
}

/** Runs the commands that a message gives for deletion. */
async function obey(message: string): Promise<void> {
  for (const [, command] of message.matchAll(/\((nft delete rule [^)]+)\)/g))
    await output(inside(...command!.split(" ")));
}

describe.each(halved(WORLDS))("a table that $save can't show, of $version", ({ family, version, bridge, save }) => {
  const forward = (rule: string) => nft(`insert rule ${family} filter FORWARD ${rule}\n`);

  it("whose rules came back from `nft list ruleset` is refused; up appends nothing; destroy says what is left", () =>
    leavesNothing(async () => {
      const stack = aStack();
      await stack.make("bridge", "home", bridge);
      await reload();
      // The reading that this is about.
      expect(await output(inside(save))).toContain("# Table `nat' is incompatible");
      const before = await ruleset();

      for (const said of await saidOf(stack, bridge)) {
        expect(said).toContain(`table nat of ${version} can't be read: ${save} says: Table \`nat' is incompatible`);
        expect(said).toContain(`nft -a list table ${family} nat`);
      }
      for (let run = 0; run < 3; run++) await expect(stack.heal()).rejects.toThrow(`table nat of ${version}`);
      expect(await ruleset()).toBe(before);

      // What doesn't need that table goes on.
      const beside = aStack("beside");
      await beside.make("bridge", "plain", { name: "br_plain", addresses: ["10.9.0.1/24"] });
      await beside.make("netNamespace", "ns", { name: "ns_plain" });
      expect(await beside.drifted()).toEqual([]);
      await beside.destroy();
      expect(await ruleset()).toBe(before);

      const left: string = await stack.destroy().then(
        () => "nothing",
        (error: Error) => error.message,
      );
      expect(left).toContain(`POSTROUTING of table nat of ${version}: `);
      expect(left).toContain(`${bridge.masquerade[0]} counter packets `);
      expect(left).not.toContain(`FORWARD of table filter`);
      expect([...stack.made.keys()]).toEqual(["home"]);
      expect(await ruleset()).toBe(before);
      await obey(left);
      const log = vi.spyOn(console, "log");
      await stack.destroy();
      const kept = log.mock.calls.flat().filter((line) => String(line).includes("left in place"));
      log.mockRestore();
      // These have lost their mark, and iptables shows them.
      const chain = family === "ip" ? "FORWARD" : "ip6 FORWARD";
      expect(kept.map((line) => String(line).replace(/^.*mark: /, "")).sort()).toEqual(
        [`-A ${chain} -i br_un -j ACCEPT`, `-A ${chain} -o br_un -j ACCEPT`].sort(),
      );
      expect(await ruleset()).not.toContain("masquerade");
      await nft(`delete table ${family} filter\n`);
    }));

  it("is refused for a bridge whose state is lost, since it may have rules there that nobody can see", () =>
    leavesNothing(async () => {
      const lost = aStack();
      await lost.make("bridge", "home", bridge);
      await reload();
      const before = await ruleset();
      const { forward: _, masquerade: __, ...bare } = bridge;
      const news = aStack();
      await expect(news.make("bridge", "home", bare)).rejects.toThrow(`table nat of ${version} can't be read`);
      expect(await ruleset()).toBe(before);
      await nft("flush ruleset\n");
      await news.make("bridge", "home", bare);
      await news.destroy();
    }));

  it("beside rules by hand in FORWARD is refused; destroy says what is left, and goes on when that is gone", () =>
    leavesNothing(async () => {
      const stack = aStack();
      await stack.make("bridge", "home", bridge);
      await forward(forbidden);
      const before = await ruleset();
      for (const said of await saidOf(stack, bridge))
        expect(said).toContain(`table filter of ${version} can't be read`);
      await expect(stack.heal()).rejects.toThrow(`table filter of ${version}`);
      const left = await stack.destroy().then(
        () => "nothing",
        (error: Error) => error.message,
      );
      expect(left.match(/^ {2}FORWARD of table filter .*"br_un".* accept \(nft delete rule/gm)).toHaveLength(2);
      expect(left).not.toContain("vmap");
      expect(await ruleset()).toBe(before);
      await obey(left);
      await stack.destroy();
      expect(await ruleset()).toContain(forbidden);
      expect(await ruleset()).not.toMatch(/br_un|masquerade/);
      await nft(`delete table ${family} filter\n`);
    }));

  it("because of a chain of somebody else's is refused; destroy leaves that chain alone", () =>
    leavesNothing(async () => {
      const stack = aStack();
      await stack.make("bridge", "home", bridge);
      const theirs = `add chain ${family} filter theirs\nadd rule ${family} filter theirs ${forbidden}\n`;
      await nft(theirs);
      for (const said of await saidOf(stack, bridge))
        expect(said).toContain(`table filter of ${version} can't be read`);
      await expect(stack.heal()).rejects.toThrow(`table filter of ${version}`);
      await stack.destroy();
      const after = await ruleset();
      expect(after).toContain(forbidden);
      expect(after).not.toMatch(/br_un|masquerade/);
      await nft(`delete table ${family} filter\n`);
    }));

  it("whose rules were translated to nft, comments and all, is refused, and destroy takes just ours", () =>
    leavesNothing(async () => {
      const stack = aStack();
      await stack.make("bridge", "home", bridge);
      const translate = `${save} | ${save.replace("save", "restore-translate")} -f /dev/stdin`;
      const translated = await output(inside("sh", "-c", translate));
      await nft(`flush ruleset\n${translated}`);
      await nft(`add rule ${family} nat POSTROUTING oifname "elsewhere" counter masquerade\n`);
      expect(await output(inside(save))).toContain("# Table `nat' is incompatible");
      for (const said of await saidOf(stack, bridge)) expect(said).toContain(`table nat of ${version} can't be read`);
      await stack.destroy();
      const after = await ruleset();
      expect(after).toContain('oifname "elsewhere"');
      expect(after).not.toMatch(/br_un|fd00::|10\.0\.0\.0/);
      await nft(`flush ruleset\n`);
    }));

  it("in which FORWARD is another chain than iptables' own is refused before anything is made", () =>
    leavesNothing(async () => {
      await nft(`table ${family} filter {\nchain FORWARD {\ntype filter hook forward priority 10;\n}\n}\n`);
      const before = await state();
      const stack = aStack();
      const said = `table filter of ${version} can't be read: its chain FORWARD is not the one that iptables makes`;
      expect((await saidOf(stack, bridge))[0]).toContain(said);
      await expect(stack.make("bridge", "home", bridge)).rejects.toThrow(said);
      expect(differences(before, await state())).toEqual([]);
      await nft(`delete table ${family} filter\n`);
    }));
});

it("services are refused and taken away where a foreign chain hides table nat, and go on on nftables", () =>
  leavesNothing(async () => {
    const stack = aStack();
    await makeService(stack);
    await makeEndpoint(stack, 1, "10.0.0.11");
    await nft(`add chain ip nat theirs\nadd rule ip nat theirs ${forbidden}\n`);
    await expect(stack.drifted()).rejects.toThrow("table nat of IPv4 can't be read");
    for (const name of ["services", "http", "http1"])
      await expect(stack.read(name)).rejects.toThrow("table nat of IPv4 can't be read");

    const other = aStack("other");
    await other.make("natChain", "chain", { name: "OTHER-SERVICES", backend: "nftables" });
    await other.make("serviceVip", "web", {
      chain: "OTHER-SERVICES",
      name: "WEB",
      address: "10.100.0.1",
      ports: [{ port: 80 }],
    });
    await other.make("endpoint", "web1", { service: "OTHER-SERVICES/WEB", name: "WEB1", address: "10.0.0.12" });
    expect(await other.drifted()).toEqual([]);
    await other.destroy();

    await stack.destroy();
    expect(await ruleset()).not.toContain("DUSTIN");
    expect(await ruleset()).toContain(forbidden);
    await nft("delete table ip nat\n");
  }));
