import { expect, it } from "vitest";
import { readTools } from "../../provider/host/tools.js";
import { checkTools } from "../../provider/lifecycle/tools.js";
import { BUSYBOX, toolAnswers } from "../support/tool-answers.js";

const NFT = { nftables: ["nft"] };
const noAnswer = () => Promise.reject(new Error("nobody is asked"));
const reasonsWithout = async (...missing: string[]) =>
  (await checkTools(NFT, (tool) => !missing.includes(tool), fit)).map(({ reason }) => reason);
const fit = async () => readTools(toolAnswers());
const reasonsWith = async (answers: Parameters<typeof toolAnswers>[0], more = {}) =>
  (
    await checkTools(
      more,
      () => true,
      async () => readTools(toolAnswers(answers)),
    )
  ).map(({ reason }) => reason);

it("a machine that has all tools is fine", async () => {
  expect(await reasonsWithout("conntrack")).toEqual([]);
});

it("what a machine lacks is one failure, with a package for each", async () => {
  const [reason, ...others] = await reasonsWithout("ip", "iptables-save", "iptables-restore", "sysctl", "nft");
  expect(others).toEqual([]);
  expect(reason).toMatch(
    /^Missing on this machine: ip, iptables-save, iptables-restore, sysctl, nft\. Nothing was touched\. Install /,
  );
  expect(reason).toMatch(/iproute\w* iptables\S* procps\S* nftables(\)\.)?$/);
});

it("what another backend takes isn't asked for", async () => {
  expect(await checkTools({}, (tool) => tool !== "nft", fit)).toEqual([]);
  expect(await reasonsWith({ nft: "nftables v0.9.8 (E.D.S.)" })).toEqual([]);
});

it("where tools are missing nobody asks which they are", async () => {
  await expect(checkTools({}, () => true, noAnswer)).rejects.toThrow("nobody is asked");
  expect(await checkTools({}, () => false, noAnswer)).toHaveLength(1);
});

it.each([
  ["ip", BUSYBOX.ip, "ip (BusyBox v1.35.0, needed: iproute2 4.18 or later)", "iproute2"],
  ["nsenter", BUSYBOX.nsenter, "nsenter (BusyBox v1.35.0, needed: util-linux's)", "util-linux"],
  ["sysctl", BUSYBOX.nsenter.replace("nsenter", "sysctl"), "sysctl (BusyBox v1.35.0, needed: procps')", "procps"],
  ["flock", "flock: applet not found", 'flock ("flock: applet not found", needed: util-linux\'s)', "util-linux"],
  [
    "ip",
    "ip utility, iproute2-ss180129",
    "ip (ip utility, iproute2-ss180129, needed: iproute2 4.18 or later)",
    "iproute2",
  ],
  [
    "ip",
    "ip utility, iproute2-ss4.4.0-10-entware",
    "ip (ip utility, iproute2-ss4.4.0, needed: iproute2 4.18 or later)",
    "iproute2",
  ],
  ["iptables", "iptables v1.4.21", "iptables (iptables v1.4.21, needed: iptables 1.8 or later)", "iptables"],
  ["nft", "nftables v0.9.8 (E.D.S.)", "nft (nftables v0.9.8, needed: nftables 1.0.6 or later)", "nftables"],
  [
    "folder",
    '/opt/netns\nCannot remove namespace file "/opt/netns/pulumi-hostnet-asks": No such file or directory',
    "ip (it keeps network namespaces in /opt/netns, needed: one that keeps them in /run/netns, or /var/run as a link to /run)",
    "iproute2",
  ],
  [
    "folder",
    "/What?\nWhat?",
    "ip (it doesn't tell where it keeps network namespaces: What?, needed: one that keeps them in /run/netns, or /var/run as a link to /run)",
    "iproute2",
  ],
] as const)("%s that says %j is refused with the package that cures it", async (tool, said, why, debianPackage) => {
  expect(await reasonsWith({ [tool]: said }, NFT)).toEqual([
    expect.stringMatching(/^Unfit on this machine: .* Nothing was touched\. Install with: .*$/),
  ]);
  const [reason = ""] = await reasonsWith({ [tool]: said, system: "ID=ubuntu" }, NFT);
  expect(reason).toContain(`: ${why}. Nothing was touched. Install with: `);
  expect(reason).toMatch(new RegExp(`apt-get install -y --no-install-recommends ${debianPackage}$`));
});

it.each([
  ["ip", "ip utility, iproute2-5.10.0"],
  ["ip", "ip utility, iproute2-ss200127"],
  ["ip", "ip utility, iproute2-6.17.0, libbpf 1.6.2"],
  ["iptables", "iptables v1.8.4 (legacy)"],
  ["iptables", "iptables v1.10 (nf_tables)"],
  ["nft", "nftables v1.1.5 (Commodore Bullmoose #6)"],
  ["sysctl", "procps version 3.3.10"],
  ["sysctl", "sysctl from procps-ng 3.3.17"],
] as const)("%s that says %j is fit", async (tool, said) => {
  expect(await reasonsWith({ [tool]: said }, NFT)).toEqual([]);
});

it("an answer that ends early is none", () => {
  const whole = toolAnswers();
  for (let at = 0; at < whole.length; at++)
    expect(() => readTools(whole.slice(0, at))).toThrow(/which tools are there/);
});
