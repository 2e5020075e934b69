import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { flowFrom, serveOn } from "../support/sockets.js";
import { Stack } from "./stack.js";

/** What `ip` itself says of the links of the host. */
interface Shown {
  ifindex: number;
  ifname: string;
  master?: string;
  address: string;
  flags: string[];
  addr_info: { family: string; local: string }[];
}

/** By name: which link it is, and what hangs on it. */
async function links(): Promise<Map<string, unknown>> {
  const shown = JSON.parse(await output(["ip", "-json", "addr"])) as Shown[];
  return new Map(
    shown.map(({ ifindex, ifname, master, address, flags, addr_info }) => {
      const addresses = addr_info.flatMap(({ family, local }) => (family === "inet" ? local : []));
      return [ifname, { ifindex, master, address, addresses, isUp: flags.includes("UP") }];
    }),
  );
}

const rename = (from: string, to: string) => output(["ip", "link", "set", "dev", from, "name", to]);

let stack: Stack;
let pristine: HostState;

beforeEach(async () => {
  requireSandbox();
  pristine = await hostState();
  stack = new Stack();
  await stack.make("bridge", "home", { name: "br_a", addresses: ["10.6.0.1/24"], masquerade: ["10.6.0.0/24"] });
  await stack.make("netNamespace", "pod", { name: "ns_a" });
  const peer = { name: "eth0", namespace: "ns_a", addresses: ["10.6.0.11/24"], gateway: "10.6.0.1" };
  await stack.make("vethPair", "cable", { name: "v_a", bridge: "br_a", peer });
  await stack.make("macvlan", "lan", { name: "m_a", link: "br_a" });
  await stack.make("vethPair", "both here", { name: "h_a", addresses: ["10.6.1.1/30"], peer: { name: "h_b" } });
});

afterEach(async () => {
  await stack.destroy();
  expect(await hostState()).toEqual(pristine);
});

async function preview(): Promise<string[]> {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  await stack.drifted();
  const lines = printed.mock.calls.map(([line]) => String(line));
  printed.mockRestore();
  return lines;
}

it.each([
  ["bridge", "br_a"],
  ["macvlan", "m_a"],
  ["host's end of a pair", "v_a"],
  ["end of a pair with both ends on the host", "h_a"],
])("a %s that was renamed by hand is named, and renamed back as it is: %s", async (_what, name) => {
  const before = await links();
  const server = await serveOn(undefined, "host", "tcp", 7000);
  const flow = flowFrom("ns_a", "tcp", "10.6.0.1", 7000);
  expect(await flow.ask()).toBe("host");
  await rename(name, "by_hand");
  expect(await preview()).toContainEqual(expect.stringContaining(`name: found by_hand, declared ${name}`));
  await stack.heal();
  expect(await links()).toEqual(before);
  expect(await preview()).toEqual([]);
  expect(await flow.ask()).toBe("host");
  await flow.close();
  await server.stop();
});

it("what was renamed by hand is removed under the name that it has", async () => {
  await rename("v_a", "v_by_hand");
  await rename("br_a", "br_by_hand");
  await rename("h_a", "h_by_hand");
  await rename("m_a", "m_by_hand");
  await stack.destroy();
  expect([...(await links()).keys()]).toEqual(["lo"]);
});

it("a refresh keeps what was renamed by hand", async () => {
  await rename("br_a", "br_by_hand");
  await rename("v_a", "v_by_hand");
  stack.newRun();
  expect([await stack.read("home"), await stack.read("cable")]).toEqual(["br_a", "v_a"]);
});

it("a stranger's link that took the name meanwhile is refused, and left as it is", async () => {
  await rename("br_a", "br_by_hand");
  await output(["ip", "link", "add", "name", "br_a", "type", "bridge"]);
  const before = await links();
  await expect(stack.heal()).rejects.toThrow(/interface br_a exists already and was not made by this stack/);
  expect(await links()).toEqual(before);
  await stack.destroy();
  expect([...(await links()).keys()]).toEqual(["lo", "br_a"]);
  await output(["ip", "link", "del", "br_a"]);
});
