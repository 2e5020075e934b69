import { afterAll, beforeAll, expect, it } from "vitest";
import { localExec, must } from "../../provider/host/exec.js";
import { HostError } from "../../provider/kernel/errors.js";
import { differences, type HostState, hostState, output, requireSandbox } from "../support/host.js";

const unprivileged = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs"];

let before: HostState;

beforeAll(async () => {
  requireSandbox();
  before = await hostState();
  await output(["ip", "link", "add", "cls_br", "type", "bridge"]);
  await output(["ip", "addr", "add", "10.5.0.1/24", "dev", "cls_br"]);
  await output(["ip", "netns", "add", "cls_ns"]);
  await output(["iptables", "-N", "CLS"]);
  await output(["iptables", "-A", "INPUT", "-j", "CLS"]);
});

afterAll(async () => {
  await output(["ip", "link", "del", "cls_br"]);
  await output(["ip", "netns", "del", "cls_ns"]);
  await output(["nft", "delete", "table", "ip", "filter"]);
  expect(differences(before, await hostState())).toEqual([]);
});

it.each([
  ["not-found", "ip link del dev cls_none"],
  ["not-found", "ip addr del 10.5.0.9/24 dev cls_br"],
  ["not-found", "ip route del 10.5.9.0/24 dev cls_br"],
  ["not-found", "ip netns del cls_none"],
  ["not-found", "ip -n cls_none link"],
  ["not-found", "ip link set dev cls_br master cls_none"],
  ["not-found", "sysctl -w net.ipv4.no_such_key=1"],
  ["not-found", "iptables -t nat -A CLS-NONE -j ACCEPT"],
  ["not-found", "iptables -X CLS-NONE"],
  ["not-found", "nft delete table ip cls_none"],
  ["not-found", "nsenter --net=/run/netns/cls_none true"],
  ["exists", "ip link add cls_br type bridge"],
  ["exists", "ip addr add 10.5.0.1/24 dev cls_br"],
  ["exists", "ip netns add cls_ns"],
  ["exists", "iptables -N CLS"],
  ["busy", "iptables -X CLS"],
  ["unsupported", "ip link add cls_x type no_such_type"],
  ["unsupported", "iptables -A CLS -m nosuchmatch -j ACCEPT"],
  ["missing", "no-such-program --at-all"],
  ["invalid", "ip link set dev cls_br mtu 1"],
  ["invalid", "ip link set dev cls_br address 11:11"],
  ["invalid", "ip addr add 10.5.0.0.1/24 dev cls_br"],
  ["invalid", "ip route add 10.5.9.0/24 via 192.168.1.1"],
  ["invalid", "sysctl -w net.ipv4.ip_forward=banana"],
  ["invalid", "iptables -A CLS --dport 80 -j ACCEPT"],
])("%s is what the tool means when `%s` fails", async (code, command) => {
  expect(await codeOf(command.split(" "))).toBe(code);
});

it.each([
  "ip link add cls_y type bridge",
  "ip netns add cls_y",
  "iptables -L",
  "sysctl -w net.ipv4.ip_forward=1",
  "nft list ruleset",
])("permission is what the tool means when `%s` fails without capabilities", async (command) => {
  expect(await codeOf([...unprivileged, ...command.split(" ")])).toBe("permission");
});

async function codeOf(argv: string[]): Promise<string> {
  const error = await must(localExec(), argv).then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error,
  );
  if (!(error instanceof HostError)) throw error;
  return `${error.code}`;
}
