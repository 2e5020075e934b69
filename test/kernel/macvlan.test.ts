import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { askFrom, serveOn } from "../support/sockets.js";
import { steadyState } from "../support/steady.js";
import { Stack } from "./stack.js";

/*
 * A wire: `wire` on the host, and `far` in a namespace with a server. A macvlan is moved into a
 * namespace by hand, as a container runtime does, to be another machine on that wire.
 */

const ip = (line: string) => output(["ip", ...line.split(" ")]);

interface Shown {
  address: string;
  link?: string;
  mtu: number;
  promiscuity: number;
  linkinfo?: { info_kind?: string; info_data?: { mode?: string } };
}

/** What `ip` says of a link of the host. */
async function shown(name: string): Promise<Shown> {
  const [link] = JSON.parse(await ip(`-d -json link show dev ${name}`)) as Shown[];
  return link!;
}

/** The MAC address at which the far end has heard an address. */
async function heardAt(address: string): Promise<string | undefined> {
  const [entry] = JSON.parse(await ip(`-n far -json neigh show to ${address}`)) as { lladdr?: string }[];
  return entry?.lladdr;
}

/** Who answers, or that nobody does. */
async function answers(from: string | undefined, address: string): Promise<string> {
  const { answers } = await askFrom(from, "tcp", address, 7000);
  return Object.keys(answers)[0] ?? "nobody";
}

async function layWire(): Promise<void> {
  const far = "name far address 02:00:00:00:08:09 netns far";
  await ip(`link add name wire address 02:00:00:00:08:08 type veth peer ${far}`);
  // Else the host answers for all its addresses there too, at the link's MAC address.
  await output(["sysctl", "-qw", "net.ipv4.conf.wire.arp_ignore=1"]);
  await ip("link set dev wire up");
  await ip("-n far link set dev far up");
  await ip("-n far addr add 10.8.0.9/24 dev far");
}

let stack: Stack;
let pristine: HostState;
let wired: unknown;

beforeEach(async () => {
  requireSandbox();
  pristine = await hostState();
  for (const name of ["far", "inside"]) await ip(`netns add ${name}`);
  await layWire();
  wired = await steadyState();
  stack = new Stack();
});

afterEach(async () => {
  await stack.destroy();
  expect(await steadyState()).toEqual(wired);
  await ip("link del dev wire");
  for (const name of ["far", "inside"]) await ip(`netns del ${name}`);
  expect(await hostState()).toEqual(pristine);
});

it("is a machine of its own on the wire of its link, at its own MAC address", async () => {
  const outs = await stack.make("macvlan", "one", { name: "mv_one", link: "wire", addresses: ["10.8.0.1/24"] });
  const { address: mac, ...is } = await shown("mv_one");
  expect({ mac, ...is }).toMatchObject({ link: "wire", linkinfo: { info_data: { mode: "bridge" } } });
  expect(mac).toBe(outs.macAddress);
  expect(mac).not.toBe((await shown("wire")).address);
  const servers = [await serveOn(undefined, "host", "tcp", 7000), await serveOn("far", "far", "tcp", 7000)];
  expect(await answers("far", "10.8.0.1")).toBe("host");
  expect(await heardAt("10.8.0.1")).toBe(mac);
  expect(await answers(undefined, "10.8.0.9")).toBe("far");

  // Made again it is at the same address, so neighbours need not ask anew.
  await ip("link del dev mv_one");
  expect(await answers("far", "10.8.0.1")).toBe("nobody");
  await stack.heal();
  expect(await answers("far", "10.8.0.1")).toBe("host");
  expect(await heardAt("10.8.0.1")).toBe(mac);
  for (const server of servers) await server.stop();
});

it("in mode passthru shares the MAC address of its link, which is as it was afterwards", async () => {
  const before = await shown("wire");
  await stack.make("macvlan", "all", { name: "mv_all", link: "wire", mode: "passthru", addresses: ["10.8.0.1/24"] });
  expect(await shown("mv_all")).toMatchObject({
    address: before.address,
    linkinfo: { info_data: { mode: "passthru" } },
  });
  const server = await serveOn(undefined, "host", "tcp", 7000);
  expect(await answers("far", "10.8.0.1")).toBe("host");
  expect(await heardAt("10.8.0.1")).toBe(before.address);
  await server.stop();

  const second = stack.make("macvlan", "one", { name: "mv_one", link: "wire" });
  await expect(second).rejects.toThrow(
    /Invalid argument: the kernel puts a macvlan on an Ethernet link only, none beside/,
  );
  await stack.remove("all");
  expect(await shown("wire")).toEqual(before);
});

it.each([
  ["bridge", { reached: true, reflected: true }],
  ["private", { reached: false, reflected: false }],
  ["vepa", { reached: false, reflected: true }],
])("two in mode %s on one link reach each other: %j", async (mode, { reached, reflected }) => {
  const here = { name: "mv_one", link: "wire", addresses: ["10.8.0.1/24"] };
  await stack.make("macvlan", "two", { name: "mv_two", link: "wire", mode });
  await stack.make("macvlan", "one", here);
  await stack.update("one", { ...here, mode });
  expect(await shown("mv_one")).toMatchObject({ linkinfo: { info_data: { mode } } });
  await ip("link set dev mv_two netns inside");
  await ip("-n inside addr add 10.8.0.2/24 dev mv_two");
  await ip("-n inside link set dev mv_two up");
  const server = await serveOn(undefined, "one", "tcp", 7000);
  const other = await serveOn("far", "far", "tcp", 7000);
  const who = (isReached: boolean) => (isReached ? "one" : "nobody");
  expect(await answers("inside", "10.8.0.9")).toBe("far");
  expect(await answers("inside", "10.8.0.1")).toBe(who(reached));

  // A switch behind the link that sends frames back to where they came from.
  await ip("-n far link add name switch type bridge");
  await ip("-n far link set dev switch up");
  await ip("-n far link set dev far master switch");
  await ip("-n far link set dev far type bridge_slave hairpin on");
  await ip("-n inside neigh flush all");
  expect(await answers("inside", "10.8.0.1")).toBe(who(reflected));
  for (const each of [server, other]) await each.stop();
  await ip("-n far link del dev switch");
  await ip("-n inside link set dev mv_two netns 1");
});

it("goes with the link that carries it, and a preview says which argument names what is missing", async () => {
  await stack.make("macvlan", "one", { name: "mv_one", link: "wire" });
  await ip("link del dev wire");
  await expect(shown("mv_one")).rejects.toThrow(/does not exist/);
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  expect(await stack.drifted()).toEqual(["one"]);
  expect(printed.mock.calls).toEqual([
    [expect.stringMatching(/^one: Macvlan mv_one: link: there is no interface wire: /)],
  ]);
  await expect(stack.heal()).rejects.toThrow(
    "link: there is no interface wire: declare it, or depend on what makes it",
  );
  await layWire();
  await stack.heal();
  printed.mockRestore();
  expect(await shown("mv_one")).toMatchObject({ link: "wire" });
});
