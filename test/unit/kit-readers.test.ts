import { expect, it } from "vitest";
import { hostState } from "../../sandbox/hoststate.js";
import { readKernel } from "../../testing/kernel.js";
import { FIREWALL, json } from "../support/recordings-of-tools.js";
import { recorded, type Spoilt, spoilts } from "../support/spoiled.js";

const RULES = FIREWALL["iptables-save"]!.stdout!;
const LINKS = `[{"ifindex":1,"ifname":"lo","flags":["UP"],"mtu":65536,"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"}]}]\n`;
const ROUTES = `[{"dst":"10.7.0.0/24","dev":"b0","protocol":"kernel","flags":[]}]\n`;
const NFT = json(`{"table": {"family": "ip", "name": "nat", "handle": 1}}`);
const SYSCTL = "/proc/sys/net/ipv4/ip_forward:1\n/proc/sys/net/ipv4/conf/lo/forwarding:1\n";
const INCOMPATIBLE = "# Table `nat' is incompatible, use 'nft' tool.\n";
const DUMP = "Dump was interrupted and may be inconsistent.\n";

const part = (name: string, output: string, code = 0, said = "") => `\x1e${name}\n${output}\x1f${code} ${said}`;
const parts = (over: Record<string, string> = {}) =>
  Object.entries({
    address: part("address", LINKS),
    route: part("route", ROUTES),
    route6: part("route6", "[]\n"),
    iptables: part("iptables", RULES),
    ip6tables: part("ip6tables", ""),
    nft: part("nft", NFT),
    sysctl: part("sysctl", SYSCTL),
    files: part("files", "/etc/netns/blue/resolv.conf:nameserver 8.8.8.8\n"),
    ...over,
  })
    .map(([, text]) => text)
    .join("");

const LOOK = "sh -c printf";
const HOST = {
  [LOOK]: { stdout: parts() },
  "nsenter --net=/run/netns/blue": { stdout: parts() },
  "sh -c [ ! -d /run/netns": { stdout: "nsfs blue\ntmpfs dead\n/\n" },
};
const kernelBy = (spoilt?: Spoilt) => readKernel(recorded(HOST, spoilt).exec as Parameters<typeof readKernel>[0]);

const STATE = {
  "ip -json -details link": { stdout: LINKS },
  "ip -json addr": { stdout: LINKS },
  "ip -json route": { stdout: ROUTES },
  "ip -json -6 route": { stdout: "[]\n" },
  "ip -json rule": { stdout: "[]\n" },
  "ip -json -6 rule": { stdout: "[]\n" },
  "sh -c [ ! -d /run/netns": { stdout: "blue nsfs f\ngreen nsfs f\ndead tmpfs f\n" },
  "find /run": {},
  "iptables-save": { stdout: RULES },
  "ip6tables-save": {},
  "iptables-legacy-save": {},
  "ip6tables-legacy-save": {},
  nft: { stdout: NFT },
  "find /proc/sys": { stdout: SYSCTL },
  "find /etc/netns": { stdout: "blue d 4096\n" },
};
const stateBy = (spoilt?: Spoilt) => hostState(recorded(STATE, spoilt).exec as Parameters<typeof hostState>[0]);

/** Ways of spoiling that are neither said nor without effect. */
async function silent(recording: typeof STATE | typeof HOST, read: (spoilt?: Spoilt) => Promise<unknown>, words = {}) {
  const right = JSON.stringify(await read());
  const found: string[] = [];
  for (const spoilt of spoilts(recording, words)) {
    const said = await read(spoilt).then(JSON.stringify, (error: Error) => `thrown: ${error.message}`);
    const isSaid = said.startsWith("thrown: ") || /not to be read|# Table/.test(said);
    if (said !== right && !isSaid) found.push(`${spoilt.key}, ${spoilt.how}: ${said.slice(0, 80)}`);
    if (said.startsWith("thrown: ")) expect(said).toMatch(/ip|iptables|nft|nsenter|find|grep|sh|ls|host ends early/);
  }
  // A list of lines, or of tables, that ends with a whole one is as good as any; what is in tables
  // nft tells as well.
  return found.filter((each) => !/^(sh|find|iptables-save).*, cut to "(.*\\n)?"/.test(each));
}

it("the test kit takes nothing that is no whole answer for what the kernel holds", async () => {
  expect((await kernelBy()).iptables).toContain("nat -A OUTPUT -j X-SVC-A");
  expect(await silent(HOST, kernelBy)).toEqual([]);
});

it.each([
  ["a table that iptables can't show", { iptables: part("iptables", INCOMPATIBLE) }, undefined],
  ["rules that end early", { iptables: part("iptables", RULES.slice(0, -60)) }, /iptables-save ends early/],
  [
    "a tool that isn't there",
    { nft: part("nft", "", 127, "sh: 1: nft: not found") },
    /nft .* ended with 127: .*not found/,
  ],
  ["a listing that was cut short", { address: part("address", LINKS, 0, DUMP) }, /ip -json -details address .*Dump/s],
  [
    "JSON that ends early",
    { route: part("route", ROUTES.slice(0, -9)) },
    /ip -json route show table all can't be read/,
  ],
  ["a file that can't be read", { files: part("files", "", 2, "grep: Input/output error") }, /grep .* ended with 2/],
])("of %s the test kit says so", async (_what, over, error) => {
  const answer = () => ({ stdout: parts(over), stderr: "", exitCode: 0 });
  const read = kernelBy({ how: "", key: LOOK, answer });
  if (error) await expect(read).rejects.toThrow(error);
  else expect((await read).iptables).toEqual([INCOMPATIBLE.trim()]);
});

it("a namespace that can't be entered is named", async () => {
  const answer = () => ({
    stdout: "",
    stderr: "nsenter: reassociate to namespace failed: Invalid argument",
    exitCode: 1,
  });
  const read = kernelBy({ how: "", key: "nsenter --net=/run/netns/blue", answer });
  await expect(read).rejects.toThrow(/netns\/blue .*Invalid argument/s);
});

it("what compares the state of hosts says which tool doesn't tell", async () => {
  const words = { "iptables-save": { stdout: INCOMPATIBLE }, "ip -json route": { stdout: "[]\n", stderr: DUMP } };
  expect(await silent(STATE, stateBy, words)).toEqual([]);
});
