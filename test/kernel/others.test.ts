import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { differences, type HostState, hostState, output, requireSandbox, run } from "../support/host.js";
import { inTier } from "../support/size.js";
import { makeArticle } from "./article.js";
import { byHand, OTHERS } from "./others.js";
import { Stack } from "./stack.js";

/** Read with counters, but for those of built-in chains, which all traffic moves. */
const TOOLS = [
  "iptables-save -c",
  "ip6tables-save -c",
  "iptables-legacy-save -c",
  "ip6tables-legacy-save -c",
  "nft list ruleset",
  "ip -d -o link",
  "ip -o addr",
  "ip route show table all",
  "ip rule",
  "ip netns",
  "ip netns exec others ip -o addr",
  "ip netns exec others ip route",
  "ip netns exec others nft list ruleset",
  "ip netns exec others sysctl net.ipv4.ip_forward",
  "sysctl net.ipv4.conf.lo.rp_filter",
];

/** All that is on the host, in lines: by tools that made none of it, and files as they are. */
async function all(): Promise<string[]> {
  const texts = await Promise.all(
    TOOLS.map(async (tool) => {
      const { stdout, exitCode } = await run(tool.split(" "));
      let context = "";
      return stdout.split("\n").flatMap((line) => {
        if (/^(\*|table )/.test(line)) context = line;
        const dull = /^(#|COMMIT|$)|^:[A-Z]+ ACCEPT |^cache|valid_lft/.test(line.replace(/^\d+: /, ""));
        return dull ? [] : [`${tool} (${exitCode}) ${context}: ${steady(line)}`];
      });
    }),
  );
  return [...texts.flat(), ...files("/etc/netns")];
}

/** Without the counters of built-in chains, and without a bridge's timers, which always run. */
const steady = (line: string) => line.replace(/^(:\S+ \S+) \[\d+:\d+\]$/, "$1").replace(/ \w+_timer +[\d.]+/g, "");

function files(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".conf"))
      .map((name) => `${folder}/${name}: ${readFileSync(`${folder}/${name}`, "utf8")}`);
  } catch {
    return [];
  }
}

/** What was there must be there still, as often and in the same order; ours may stand between. */
function mustStand(before: string[], now: string[]): void {
  let at = 0;
  for (const line of now) if (line === before[at]) at++;
  expect(before.slice(at)).toEqual([]);
}

let pristine: HostState;
let legacy = true;

beforeAll(async () => {
  requireSandbox();
  // An ordinary user in a user namespace may write legacy tables and not list them.
  legacy = (await run(["iptables-legacy-save"])).exitCode === 0;
});

beforeEach(async () => {
  pristine = await hostState();
});

afterEach(async () => {
  const left = await hostState();
  await wipe();
  // A legacy table that was there once stays, empty, for as long as its network namespace.
  expect(differences(pristine, left).filter((line) => !/^\+ ip6?tables-legacy: /.test(line))).toEqual([]);
});

/** What a failing test leaves is not the next one's. */
async function wipe(): Promise<void> {
  const links = JSON.parse(await output(["ip", "-json", "link"])) as { ifname: string }[];
  const lines = [
    "ip -all netns del",
    ...links.filter(({ ifname }) => ifname !== "lo").map(({ ifname }) => `ip link del ${ifname}`),
    "nft flush ruleset",
    "ip route flush table main",
    "rm -rf /etc/netns",
  ];
  for (const line of lines) await run(line.split(" "));
}

const OURS = /hostnet:|DUSTIN-|bridge_home|veth_(ns_)?(dustin|leah)|netns_|proto 104/;

const changed = {
  name: "bridge_home",
  addresses: ["10.0.0.2/24", "fd00:0:1::1/64"],
  forward: true,
  masquerade: ["10.0.0.0/25", "fd00:0:1::/64"],
};
const moved = { chain: "DUSTIN-SERVICES", name: "HTTP", address: "10.100.100.101", ports: [{ port: 9090 }] };

/** Each step of a stack's life, after which all of others has to stand as it stood. */
const LIFE: [string, (stack: Stack) => Promise<unknown>][] = [
  ["up", (stack) => makeArticle(stack)],
  ["update", (stack) => Promise.all([stack.update("home", changed), stack.update("http", moved)])],
  [
    "repair",
    async (stack) => {
      await byHand(["ip link del veth_leah", "iptables -t nat -F DUSTIN-SVC-HTTP", "ip netns del netns_dustin"]);
      expect(await stack.heal()).toEqual(expect.arrayContaining(["veth leah", "ns dustin", "http1"]));
    },
  ],
  ["destroy", (stack) => stack.destroy()],
];

describe.each(inTier(OTHERS, (_, at) => at % 4 === 0))("$what", (others) => {
  it("that were there first stand through up, update, repair and destroy, and then all is as it was", async ({
    skip,
  }) => {
    if (others.legacy && !legacy) return skip("an ordinary user may not list legacy tables");
    await byHand(others.make);
    const [state, before] = [await hostState(), await all()];
    const stack = new Stack();
    for (const [, work] of LIFE) {
      await work(stack);
      expect(await stack.drifted()).toEqual([]);
      mustStand(before, await all());
    }
    expect(differences(state, await hostState())).toEqual([]);
    expect(await all()).toEqual(before);
    await byHand(others.unmake);
  });
});

describe.each(inTier(OTHERS, (_, at) => at % 4 === 2))("$what", (others) => {
  it("that come when a stack is there already stand through update, repair and destroy", async ({ skip }) => {
    if (others.legacy && !legacy) return skip("an ordinary user may not list legacy tables");
    const stack = new Stack();
    await makeArticle(stack);
    const ours = await all();
    await byHand(others.make);
    // What is of others is all that has come.
    const theirs = (await all()).filter((line) => !ours.includes(line) && !OURS.test(line));
    expect(theirs).not.toEqual([]);
    for (const [, work] of LIFE.slice(1)) {
      await work(stack);
      expect(await stack.drifted()).toEqual([]);
      mustStand(theirs, await all());
    }
    expect((await all()).filter((line) => OURS.test(line) && !theirs.includes(line))).toEqual([]);
    await byHand(others.unmake);
  });
});
