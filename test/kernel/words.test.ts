import { expect, it } from "vitest";
import { hostState, output, requireSandbox } from "../support/host.js";
import { WORDS } from "../support/words.js";
import { Stack } from "./stack.js";

it.each(WORDS)("links called %s are made, mended, changed and removed", async (name) => {
  requireSandbox();
  const pristine = await hostState();
  const stack = new Stack();
  const pair = (peer: object = {}) => ({
    name: "port",
    bridge: name,
    mtu: 1400,
    peer: { name, namespace: "ns", addresses: ["10.0.0.2/24", "fd00::2/64"], gateway: "10.0.0.1", ...peer },
  });
  await stack.make("bridge", "b", { name, addresses: ["10.0.0.1/24"], stp: true });
  await stack.make("netNamespace", "n", { name: "ns" });
  await stack.make("vethPair", "v", pair());
  await stack.make("macvlan", "m", { name: "lan", link: name, mode: "private" });

  await output(["ip", "link", "set", "dev", name, "type", "bridge", "stp_state", "0"]);
  await output(["ip", "link", "set", "dev", "port", "nomaster"]);
  await output(["ip", "link", "del", "dev", "lan"]);
  await output(["ip", "-n", "ns", "link", "set", "dev", name, "mtu", "1300"]);
  await output(["ip", "-n", "ns", "route", "replace", "10.9.0.0/16", "via", "10.0.0.7", "dev", name]);
  await stack.heal();
  expect(await stack.drifted()).toEqual([]);
  const [bridge] = JSON.parse(await output(["ip", "-d", "-json", "addr", "show", "dev", name]));
  expect(bridge).toMatchObject({ ifname: name, linkinfo: { info_data: { stp_state: 1 } } });
  const [port] = JSON.parse(await output(["ip", "-json", "link", "show", "dev", "port"]));
  expect(port.master).toBe(name);
  const [lan] = JSON.parse(await output(["ip", "-d", "-json", "link", "show", "dev", "lan"]));
  expect(lan).toMatchObject({ link: name, linkinfo: { info_data: { mode: "private" } } });
  expect(await output(["ip", "-n", "ns", "-br", "link", "show", "dev", name])).toContain("UP");
  // What somebody else routes over it is there still: nothing was set down.
  expect(await output(["ip", "-n", "ns", "route"])).toContain(`10.9.0.0/16 via 10.0.0.7 dev ${name}`);

  await stack.update("v", pair({ addresses: ["10.0.0.3/24"] }));
  expect(await output(["ip", "-n", "ns", "route"])).toContain(`default via 10.0.0.1 dev ${name} proto 104`);
  await stack.destroy();
  expect(await hostState()).toEqual(pristine);
});
