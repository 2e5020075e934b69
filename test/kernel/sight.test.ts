import { expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { localLock } from "../../provider/host/lock.js";
import { leavesNothing, output } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { Stack } from "./stack.js";

const SERVICES = 20;
const chain = { name: "SIGHT-SERVICES", hooks: ["OUTPUT"] };
const service = (at: number) => ({
  __owner: `test/kernel/s${at}`,
  chain: chain.name,
  name: `S${at}`,
  address: `10.100.0.${at}`,
  ports: [{ port: 80 }],
});

/** A host whose readings of all rules are counted. */
function countingHost() {
  const real = localExec();
  const exec: Exec = async (argv, input) => {
    if (argv[0] === "iptables-save") counted.reads++;
    return await real(argv, input);
  };
  const counted = { reads: 0, host: new RealHost({}, { exec }) };
  return counted;
}

it("what a run has changed is read anew once, however many resources ask after it", () =>
  leavesNothing(async () => {
    const counted = countingHost();
    const { host } = counted;
    const stack = new Stack("kernel", host);
    const ask = async () => {
      const before = counted.reads;
      for (let at = 1; at <= SERVICES; at++) await lifecycleOn(host, "serviceVip").diff("s", service(at), service(at));
      return counted.reads - before;
    };
    await ask();
    await stack.make("natChain", "services", chain);
    expect(await ask()).toBe(1);
    expect(await ask()).toBe(0);
    await stack.make("serviceVip", "s1", service(1));
    expect(await ask()).toBe(1);
    await stack.destroy();
  }));

it("what it has changed is not read anew for what others may have that stands in a new resource's way", () =>
  leavesNothing(async () => {
    const counted = countingHost();
    const { host } = counted;
    const stack = new Stack("kernel", host);
    const check = () => lifecycleOn(host, "serviceVip").check({}, service(1));
    await check();
    await stack.make("natChain", "services", chain);
    const before = counted.reads;
    await check();
    expect(counted.reads).toBe(before);
    await stack.destroy();
  }));

it("what a run has read anew tells the namespace's sysctls too", () =>
  leavesNothing(async () => {
    const host = new RealHost({});
    const stack = new Stack("kernel", host);
    const namespace = { name: "sight", sysctls: { "net.ipv4.ip_forward": "1" } };
    const peer = { name: "sight1", namespace: "sight" };
    const pair = { __owner: "test/kernel/pair", name: "sight0", peer };
    const inputs = { ...namespace, __owner: "test/kernel/n" };
    await lifecycleOn(host, "netNamespace").diff("sight", inputs, inputs);
    const outs = await stack.make("netNamespace", "n", namespace);
    await lifecycleOn(host, "vethPair").diff("sight0", pair, pair);
    expect(await lifecycleOn(host, "netNamespace").diff("sight", outs, inputs)).toEqual({});
    await output(["ip", "netns", "exec", "sight", "sysctl", "-q", "-w", "net.ipv4.ip_forward=0"]);
    stack.newRun();
    expect(await stack.drifted()).toEqual(["n"]);
    await stack.destroy();
  }));

it("a run does not look amid the change of another one", () =>
  leavesNothing(async () => {
    const links = ["sight_one", "sight_two"];
    const make = (name: string) => output(["ip", "link", "add", name, "type", "bridge"]);
    const looking = await localLock(undefined)("another run", async () => {
      await make(links[0]!);
      const look = new RealHost({}).view({ links });
      // Time enough for a look.
      await output(["sleep", "0.5"]);
      await make(links[1]!);
      return { look };
    });
    expect([...(await looking.look).links.keys()]).toEqual(expect.arrayContaining(links));
    for (const name of links) await output(["ip", "link", "del", name]);
  }));
