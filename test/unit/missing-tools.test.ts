import { expect, it } from "vitest";
import { checkTools } from "../../provider/lifecycle/tools.js";

const NFT = { nftables: ["nft"] };
const reasonsWithout = async (...missing: string[]) =>
  (await checkTools(NFT, (tool) => !missing.includes(tool))).map(({ reason }) => reason);

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
  expect(await checkTools({}, (tool) => tool !== "nft")).toEqual([]);
});
