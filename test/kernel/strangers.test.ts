import { afterAll, beforeAll, expect, it } from "vitest";
import { differences, type HostState, hostState, output, requireSandbox, run } from "../support/host.js";
import { ask, makeArticle, PODS, serve, VIP } from "./article.js";
import { Stack } from "./stack.js";

/** What Docker, firewalld and a person leave on a host. */
const DOCKER = `*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
*nat
:DOCKER - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A PREROUTING -i eth9 -p tcp -m tcp --dport 2222 -m comment --comment "by hand: \\"quoted\\", really" -j DNAT --to-destination 192.168.5.5:22
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -m mark --mark 0x4000/0x4000 -j ACCEPT
COMMIT
*mangle
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
COMMIT
`;

const FIREWALLD = `table inet firewalld {
  set trusted { type ipv4_addr; flags interval; elements = { 10.0.0.0/24, 192.168.0.0/16 }; }
  map zones { type ifname : verdict; elements = { "eth9" : drop }; }
  chain filter_INPUT { type filter hook input priority filter + 10; policy accept; iifname vmap @zones; ct state invalid drop; }
  chain filter_FORWARD { type filter hook forward priority filter + 10; policy accept; ip saddr @trusted counter accept; }
}
table ip lonely { comment "nobody's, and empty" ; }
`;

const LEGACY =
  "*filter\n:LEGACY-OWN - [0:0]\n-A INPUT -p udp -m udp --dport 9 -j LEGACY-OWN\n-A LEGACY-OWN -j DROP\nCOMMIT\n";

const other = new Stack("other");
let pristine: HostState;
let legacy = true;

beforeAll(async () => {
  requireSandbox();
  pristine = await hostState();
  await output(["iptables-restore"], { input: DOCKER });
  await output(["nft", "-f", "-"], { input: FIREWALLD });
  // An ordinary user in a user namespace may write legacy tables and not list them.
  legacy = (await run(["iptables-legacy-save"])).exitCode === 0;
  if (legacy) legacy = (await run(["iptables-legacy-restore"], { input: LEGACY })).exitCode === 0;
  // Another stack of this product is here first, on the same host.
  await other.make("bridge", "b", {
    name: "other_br",
    addresses: ["10.4.0.1/24"],
    forward: true,
    masquerade: ["10.4.0.0/24"],
  });
  await other.make("natChain", "c", { name: "OTHER-SERVICES" });
  const ports = [{ port: 80 }];
  await other.make("serviceVip", "s", { chain: "OTHER-SERVICES", name: "S", address: "10.100.4.4", ports });
  await other.make("endpoint", "e", { service: "OTHER-SERVICES/S", name: "E", address: "10.4.0.2" });
});

afterAll(async () => {
  await other.destroy();
  for (const table of ["filter", "nat", "mangle"]) await output(["nft", "delete", "table", "ip", table]);
  await output(["nft", "delete table inet firewalld; delete table ip lonely"]);
  if (legacy) await output(["iptables-legacy", "-F"]);
  if (legacy) await output(["iptables-legacy", "-X"]);
  // A legacy table that was there once stays, empty, for as long as its namespace.
  const left = differences(pristine, await hostState()).filter((line) => !line.startsWith("+ iptables-legacy: "));
  expect(left).toEqual([]);
});

/** The firewall of every tool, letter by letter, without counters. */
async function firewalls(): Promise<string[]> {
  const tools = [
    ["iptables-save"],
    ["ip6tables-save"],
    ["nft", "-s", "list", "ruleset"],
    ...(legacy ? [["iptables-legacy-save"]] : []),
  ];
  const texts = await Promise.all(tools.map((tool) => output(tool)));
  return texts.map((text) => text.replace(/^#.*\n/gm, "").replace(/\[\d+:\d+\]/g, ""));
}

it("an article behind Docker's DROP policy answers, and all that others have in the firewalls stays letter by letter", async () => {
  const before = await firewalls();
  const stack = new Stack();
  await makeArticle(stack);
  const during = await firewalls();
  for (const [at, text] of before.entries())
    expect(linesOf(during[at]!)).toEqual(expect.arrayContaining(linesOf(text)));
  expect(during[0]!.split("\n").filter((line) => !line.includes("DUSTIN-") && !line.includes("test/kernel/"))).toEqual(
    before[0]!.split("\n"),
  );

  const servers = await Promise.all(PODS.map(({ name }) => serve(name)));
  for (const from of [undefined, "dustin", "leah"])
    expect((await ask({ from, address: VIP, count: 10 })).failures).toEqual({});
  await Promise.all(servers.map((server) => server.stop()));

  expect(await other.drifted()).toEqual([]);
  await stack.destroy();
  expect(await firewalls()).toEqual(before);
  expect(await other.drifted()).toEqual([]);
});

it("of two stacks with forwarding the first to go leaves it to the other", async () => {
  const stack = new Stack();
  await makeArticle(stack);
  await stack.destroy();
  expect(await output(["sysctl", "-n", "net.ipv4.ip_forward"])).toBe("1\n");
});

it("a stack touches no object of another stack's name, whatever it says", async () => {
  const before = await firewalls();
  const thief = new Stack("thief");
  const chain = { name: "OTHER-SERVICES", adopt: true };
  await expect(thief.make("natChain", "c", chain)).rejects.toThrow(/test\/other\/c, another stack/);
  const bridge = { name: "other_br", adopt: true };
  await expect(thief.make("bridge", "b", bridge)).rejects.toThrow(/test\/other\/b, another stack/);
  expect(await firewalls()).toEqual(before);
});

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("-A") || /^\w+ /.test(line));
