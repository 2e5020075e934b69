import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { type HostState, hostState, output, requireSandbox, run } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { steadyState } from "../support/steady.js";
import { makeArticle } from "./article.js";
import { Stack } from "./stack.js";

const stack = new Stack();
let pristine: HostState;
let made: unknown;

beforeAll(async () => {
  requireSandbox();
  pristine = await hostState();
  await makeArticle(stack);
  for (const name of ["one", "two"]) await stack.make("netNamespace", name, { name, sysctls: SYSCTLS });
  made = await steadyState();
});

afterAll(async () => {
  await stack.destroy();
  expect(await hostState()).toEqual(pristine);
});

const SYSCTLS = { "net.ipv4.ip_forward": "1", "net.ipv4.conf.all.rp_filter": 2 };

/** All that a kernel forgets; /etc it keeps. */
async function reboot(): Promise<void> {
  await output(["ip", "-all", "netns", "del"]);
  const links = JSON.parse(await output(["ip", "-json", "link"])) as { ifname: string }[];
  // An end whose namespace has just gone is going too.
  for (const { ifname } of links) if (/^(veth|bridge)_/.test(ifname)) await run(["ip", "link", "del", ifname]);
  await output(["nft", "flush", "ruleset"]);
  await output(["ip", "route", "flush", "proto", "104"]);
  await output(["sysctl", "-qw", "net.ipv4.ip_forward=0"]);
}

/** What a refresh drops from the state, since nothing of it is there. */
async function gone(): Promise<string[]> {
  const host = new RealHost({});
  const resources = [...stack.made];
  const ids = await Promise.all(resources.map(([, { kind, id, outs }]) => lifecycleOn(host, kind).read(id, outs)));
  return resources.flatMap(([name], at) => (ids[at]?.id === "" ? [name] : []));
}

it("after a reboot a preview shows every resource, a refresh that each is gone, and one up restores all", async () => {
  expect(await gone()).toEqual([]);
  await reboot();
  const all = [...stack.made.keys()];
  expect(await stack.drifted()).toEqual(all);
  expect(await gone()).toEqual(all);
  expect(await stack.heal()).toEqual(all);
  expect(await steadyState()).toEqual(made);
  expect(await gone()).toEqual([]);
  expect(await stack.drifted()).toEqual([]);
});

it.each([
  ["ip link del bridge_home", ["home"]],
  ["ip netns del netns_leah", ["ns leah", "veth leah"]],
  ["ip link del veth_leah", ["veth leah"]],
  ["iptables -t nat -F", []],
])("after `%s` a refresh says that this is gone: %j", async (line, names) => {
  await output(line.split(" "));
  expect(await gone()).toEqual(names);
  await stack.heal();
  expect(await steadyState()).toEqual(made);
});

let ran: string[] = [];
beforeEach(() => {
  ran = [];
});
const counting: Exec = (argv, options) => {
  ran.push(argv.slice(0, 3).join(" "));
  return localExec()(argv, options);
};

it("the host is read once for all resources of a run, however many", async () => {
  const commands = async (few: Stack) => {
    ran = [];
    few.newRun(new RealHost({}, { exec: counting }));
    const host = new RealHost({}, { exec: counting });
    for (const { kind, id, inputs, outs } of few.made.values())
      expect((await lifecycleOn(host, kind).diff(id, outs, inputs)).changes).toBeUndefined();
    return ran.sort();
  };
  const one = new Stack("one");
  await one.make("netNamespace", "n", { name: "alone", sysctls: SYSCTLS });
  await one.make("natChain", "c", { name: "ALONE" });
  const few = await commands(one);
  expect(await commands(stack)).toEqual(few);
  await one.destroy();
});
