import { expect, it } from "vitest";
import type { Exec } from "../../provider/host/exec.js";
import { runIp } from "../../provider/host/ip.js";
import type { Task } from "../../provider/host/task.js";
import { HostError } from "../../provider/kernel/errors.js";
import type { Step } from "../../provider/kernel/plan.js";
import { whyRefused } from "../../provider/links/why-refused.js";
import { addressAdd, linkAdd, linkSet, netnsAdd } from "../support/ip-steps.js";

/** What is said of a step that the kernel has refused in these words. */
async function errorOf(step: Step, words: string): Promise<HostError> {
  const exec: Exec = async () => ({ stdout: "", stderr: `${words}\nCommand failed -:1\n`, exitCode: 1 });
  const task: Task = { steps: [step], done: [] };
  await runIp(exec, [task], "make", whyRefused);
  expect(task.error).toBeInstanceOf(HostError);
  return task.error as HostError;
}

const UNKNOWN = "Error: Unknown device type.";
const UNSUPPORTED = "RTNETLINK answers: Operation not supported";
const filtering = { vlan_filtering: "1" };
const setFiltering = linkSet("b", { type: { kind: "bridge", options: filtering } });
const BUILT_WITHOUT =
  "this kernel was built without CONFIG_BRIDGE_VLAN_FILTERING: leave vlanFiltering out, or take a kernel that was built with it";

it.each<[string, Step, string, string, string]>([
  [
    "a kind that it lacks",
    linkAdd("m", "macvlan", { parent: "e", options: { mode: "bridge" } }),
    UNKNOWN,
    "unsupported",
    "this kernel has no macvlan (module macvlan, CONFIG_MACVLAN): load the module (modprobe macvlan), or take a kernel that was built with it",
  ],
  [
    "a kind that it lacks, of a setting that it may lack",
    linkAdd("b", "bridge", { options: filtering }),
    UNKNOWN,
    "unsupported",
    "this kernel has no bridge (module bridge, CONFIG_BRIDGE): load the module (modprobe bridge), or take a kernel that was built with it",
  ],
  [
    "a setting that it lacks",
    linkAdd("b", "bridge", { options: filtering }),
    UNSUPPORTED,
    "unsupported",
    BUILT_WITHOUT,
  ],
  ["the same of a link that is there", setFiltering, UNSUPPORTED, "unsupported", BUILT_WITHOUT],
  [
    "a link that it puts no macvlan on",
    linkAdd("m", "macvlan", { parent: "tun0" }),
    "RTNETLINK answers: Invalid argument",
    "invalid",
    "the kernel puts a macvlan on an Ethernet link only, none beside one in mode passthru, and one in mode passthru beside none: name another link, or another mode",
  ],
  [
    "a name for one that is up",
    linkSet("b", { name: "c" }),
    "RTNETLINK answers: Device or resource busy",
    "busy",
    "a kernel before 6.2 renames no interface that is up, so set it down first (ip link set dev b down)",
  ],
  [
    "IPv6 that is off, as kernels before 6 say it",
    addressAdd("fd00::1/64", "b"),
    "RTNETLINK answers: Permission denied",
    "permission",
    'addresses: "fd00::1/64" is of IPv6, which is off on b: turn it on there (net.ipv6.conf.default.disable_ipv6=0 and net.ipv6.conf.b.disable_ipv6=0), or leave IPv6 out',
  ],
  [
    "IPv6 that the kernel was started without",
    addressAdd("fd00::1/64", "b"),
    UNSUPPORTED,
    "unsupported",
    'addresses: "fd00::1/64" is of IPv6, which this kernel was started without (ipv6.disable=1): start it without that, or leave IPv6 out',
  ],
  [
    "an MTU that a link can't have",
    linkSet("b", { mtu: 9000 }),
    "Error: mtu greater than device maximum.",
    "invalid",
    "mtu: 9000 is none that b can have: write one from minmtu to maxmtu, as ip -d link show dev b tells them",
  ],
  [
    "a name that is taken meanwhile",
    linkAdd("b", "veth", { peer: { name: "c", namespace: "n" } }),
    "RTNETLINK answers: File exists",
    "exists",
    'name: an interface is called "b" or "c" (peer.name) already, be it by an alternative name: see which (ip link show dev b; ip -n n link show dev c), and give another name',
  ],
  [
    "a bridge that is something else meanwhile",
    linkSet("v", { master: "b" }),
    UNSUPPORTED,
    "unsupported",
    'bridge: "b" takes v for no port of it: name a bridge',
  ],
  [
    "namespaces of which there are too many",
    netnsAdd("n"),
    'Failed to create a new network namespace "n": No space left on device',
    "full",
    'name: no room is left for network namespace "n": see that /run has space (df /run), and that user.max_net_namespaces and fs.mount-max allow one more (sysctl -w)',
  ],
])("%s is said in one sentence with the cure", async (_what, step, words, code, why) => {
  const error = await errorOf(step, words);
  expect([error.code, error.stderr]).toEqual([code, `${words}: ${why}`]);
});

it.each<[string, Step, string]>([
  ["a kind that we know nothing of", linkAdd("d", "dummy"), UNKNOWN],
  ["another setting", linkSet("b", { type: { kind: "bridge", options: { stp_state: "1" } } }), UNSUPPORTED],
  [
    "another refusal of a macvlan",
    linkSet("m", { type: { kind: "macvlan", options: { mode: "passthru" } } }),
    "RTNETLINK answers: Invalid argument",
  ],
  ["an address of IPv4", addressAdd("10.0.0.1/24", "b"), "RTNETLINK answers: Permission denied"],
  ["a link that isn't there", linkAdd("m", "macvlan", { parent: "e" }), 'Cannot find device "e"'],
])("of %s the kernel's word stands alone", async (_what, step, words) => {
  expect((await errorOf(step, words)).stderr.trim()).toBe(words);
});
