import { expect, it } from "vitest";
import type { Exec } from "../../provider/host/exec.js";
import { commitFirewall } from "../../provider/host/iptables.js";
import { readFirewall } from "../../provider/host/read-firewall.js";
import { HostError } from "../../provider/kernel/errors.js";
import type { Firewall } from "../../provider/kernel/iptables/ruleset.js";

/** As tools have said it on hosts where the kernel lacked something. */
const NO_TABLES = [
  "iptables-restore v1.8.9 (nf_tables): \nline 2: TABLE_ADD failed (Operation not supported): table nat\n",
  "iptables-restore v1.8.7 (nf_tables): \nline 3: CHAIN_ADD failed (No such file or directory): chain POSTROUTING\n",
  "iptables: Failed to initialize nft: Protocol not supported\n",
  "iptables-restore v1.8.4 (nf_tables): Could not fetch rule set generation id: Invalid argument\n",
];
const NO_EXTENSION = `Warning: Extension MASQUERADE revision 0 not supported, missing kernel module?
iptables-restore v1.8.9 (nf_tables): \nline 3: RULE_APPEND failed (No such file or directory): rule in chain POSTROUTING\n`;
const NO_LEGACY = `iptables v1.8.9 (legacy): can't initialize iptables table \`nat': Table does not exist (do you need to insmod?)
Perhaps iptables or your kernel needs to be upgraded.\n`;
const NO_LEGACY_RESTORE = "iptables-restore v1.6.1: iptables-restore: unable to initialize table 'nat'\n";

const says =
  (stderr: string): Exec =>
  async () => ({ stdout: "", stderr, exitCode: 1 });
const after = (table: string): Firewall =>
  new Map([[table, new Map([["POSTROUTING", { policy: "ACCEPT", rules: [{ spec: ["-j", "MASQUERADE"] }] }]])]]);
const committing = (stderr: string, table = "nat") => commitFirewall(says(stderr), new Map(), after(table));

it.each(NO_TABLES)(
  "a kernel without nf_tables is named, with modules, option and iptables-legacy (%#)",
  async (said) => {
    const cure = (version: string, tool: string) =>
      new RegExp(
        `This kernel has no nf_tables for ${version}: load the modules \\(modprobe -a nf_tables nft_compat nft_chain_nat\\), take a kernel that was built with CONFIG_NF_TABLES_${version.toUpperCase()} .*, or let ${tool} be ${tool}-legacy \\(update-alternatives --set ${tool} /usr/sbin/${tool}-legacy\\)`,
      );
    await expect(committing(said)).rejects.toThrow(cure("IPv4", "iptables"));
    await expect(committing(said, "ip6 nat")).rejects.toThrow(cure("IPv6", "ip6tables"));
  },
);

it.each([
  [NO_EXTENSION, /This kernel has no xt_MASQUERADE: load the module \(modprobe xt_MASQUERADE\)/],
  [NO_LEGACY, /This kernel has no iptable_nat: load the module \(modprobe iptable_nat\).*let iptables be iptables-nft/],
  [NO_LEGACY_RESTORE, /This kernel has no iptable_nat: load the module \(modprobe iptable_nat\)/],
])("a module that isn't loaded is named (%#)", async (said, cure) => {
  const error: unknown = await committing(said).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(HostError);
  // What the tool said stays before the cure.
  expect(String(error)).toContain(said.trim());
  expect(String(error)).toMatch(cure);
});

it("the preview says it where the look fails already", async () => {
  const exec: Exec = async ([tool = ""]) =>
    tool === "nft"
      ? { stdout: "", stderr: "netlink: Error: cache initialization failed: Protocol not supported\n", exitCode: 1 }
      : { stdout: "", stderr: NO_TABLES[2]!, exitCode: 1 };
  await expect(readFirewall(exec)).rejects.toThrow(/no nf_tables for IPv4.*modprobe -a nf_tables/);
});

it("what is said of other things gets no such cure", async () => {
  const error = await committing("iptables-restore: line 3 failed\n").catch(String);
  expect(error).not.toContain("This kernel");
});
