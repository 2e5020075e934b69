import { expect, it } from "vitest";
import { leavesNothing, output, whyNotRoot } from "../support/host.js";
import { describeWords, previewOf, type Situation } from "../support/situation.js";
import { Stack } from "./stack.js";

/** A namespace that a sysctl is set in. */
const sets = (key: string, value: string | number) => ({
  made: ":",
  kind: "netNamespace" as const,
  args: { name: "n", sysctls: { [key]: value } },
});

/** Is said before and afterwards. */
const refused = (key: string, value: string, reason: string): Situation => ({
  ...sets(key, value),
  preview: [`sysctls.${key}`, `${key} can't be set to "${value}", for ${reason}`],
});

const READ_ONLY = {
  made: "mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys",
  gone: "umount /proc/sys",
};
const IS_READ_ONLY =
  "/proc/sys is read-only, as in a container without privileges: mount it writable (mount -o remount,rw /proc/sys), or set that before";
const canOnlyBeRead = (key: string) =>
  `network namespace n can only read it: leave it out, or set it where it can be set (sysctl -w ${key}=… on the machine itself)`;
const ABSENT = "network namespace n has no such sysctl: correct the name, or load the module that has it (modprobe)";
const notTaken = (key: string, value: string, now: string): Situation => ({
  ...sets(key, value),
  up: `sysctls.${key}: "${value}" is no value that the kernel takes for ${key} ("${now}" now): write another, see ip-sysctl.rst of the kernel`,
});
const otherwise = (key: string, value: string, now: string): Situation => ({
  ...sets(key, value),
  up: `sysctls.${key}: "${value}" is what the kernel calls "${now}", so each \`up\` would set it again: write "${now}"`,
});

const TTL = "net.ipv4.ip_default_ttl";
const PORTS = "net.ipv4.ip_local_reserved_ports";

const SITUATIONS: Record<string, Situation> = {
  "/proc/sys is read-only, and a bridge forwards": {
    ...READ_ONLY,
    kind: "bridge",
    args: { name: "br", forward: true },
    preview: ["forward", `net.ipv4.ip_forward can't be set to "1", for ${IS_READ_ONLY}`],
  },
  "/proc/sys is read-only, and a bridge forwards IPv6": {
    ...READ_ONLY,
    kind: "bridge",
    args: { name: "br", addresses: ["fd00::1/64"], forward: true },
    preview: ["forward", `net.ipv6.conf.all.forwarding can't be set to "1", for ${IS_READ_ONLY}`],
  },
  "/proc/sys is read-only, and a namespace has a sysctl": { ...refused(TTL, "65", IS_READ_ONLY), ...READ_ONLY },
  "a sysctl is unknown": refused("net.ipv4.tcp_no_such", "1", ABSENT),
  "one of a module is unknown": {
    ...sets("net.mpls.no_such", "1"),
    up: `sysctls.net.mpls.no_such: net.mpls.no_such can't be set to "1", for ${ABSENT}`,
  },
  "one is a folder": refused("net.ipv4.conf", "1", "it is a folder of sysctls: name one that is in it"),
  "one is the host's alone": refused("net.core.rmem_max", "212992", canOnlyBeRead("net.core.rmem_max")),
  "one only tells": refused(
    "net.ipv4.tcp_available_congestion_control",
    "reno",
    canOnlyBeRead("net.ipv4.tcp_available_congestion_control"),
  ),
  "one can only be written": refused(
    "net.ipv4.route.flush",
    "1",
    "it can only be written, and nobody could tell whether it is set: leave it out",
  ),
  "a value is no number": notTaken("net.ipv4.ip_forward", "banana", "0"),
  "a value is too large": notTaken(TTL, "1000", "64"),
  "a value names what the kernel has not": {
    ...sets("net.ipv4.tcp_congestion_control", "no-such"),
    up: /: sysctls\.net\.ipv4\.tcp_congestion_control: "no-such" is no value that the kernel takes for .* \("\w+" now\): write another/,
  },
  "a number is written otherwise than the kernel does": otherwise(TTL, "0x41", "65"),
  "a list is written in another order": otherwise(PORTS, "9000,8080", "8080,9000"),
  "a list has what is a range": otherwise(PORTS, "8080,8081,8082", "8080-8082"),
};

describeWords(SITUATIONS);

it.for<[string, string]>([
  [PORTS, "8080,9000-9100"],
  ["net.ipv4.ping_group_range", "0 100"],
  ["net.ipv4.tcp_rmem", "4096\t131072\t6291456"],
  ["net.ipv4.conf.all.tag", "-5"],
])("%s = %s is set and settles", ([key, value], { skip }) =>
  leavesNothing(async () => {
    const reason = whyNotRoot(key);
    if (reason !== undefined) skip(reason);
    const stack = new Stack();
    await stack.make("netNamespace", "n", { name: "n", sysctls: { [key]: value } });
    const set = await output(["ip", "netns", "exec", "n", "cat", `/proc/sys/${key.replaceAll(".", "/")}`]);
    expect(set.trim().split(/\s+/)).toEqual(value.split(/\s+/));
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
  }),
);

// moby/libnetwork#405: Docker failed so, though nothing had to be written.
it("a bridge forwards on a read-only /proc/sys where the host forwards already", () =>
  leavesNothing(async () => {
    await output(["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    await output(["sh", "-ec", READ_ONLY.made]);
    const stack = new Stack("words");
    expect(await previewOf("bridge", { name: "br", forward: true }, "b")).toEqual([]);
    await stack.make("bridge", "b", { name: "br", forward: true });
    expect(await stack.drifted()).toEqual([]);
    await stack.destroy();
    await output(["sh", "-ec", READ_ONLY.gone]);
    await output(["sysctl", "-qw", "net.ipv4.ip_forward=0"]);
  }));
