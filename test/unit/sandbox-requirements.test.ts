import { describe, expect, it } from "vitest";
import { mayMakeNamespaces } from "../../sandbox/privilege.js";
import { takeInstallFlag } from "../../sandbox/requirements.js";
import { isDebian, missingHere } from "../../sandbox/tools.js";
import { explainNamespaces, judgeTools, type NamespaceFacts, type ToolFacts } from "../../sandbox/verdict.js";
import { distributionIds, installCommand } from "../../system/packages.js";
import { withSystemFolders } from "../../system/path.js";

const without = (...tools: string[]) => missingHere((tool) => !tools.includes(tool));

describe("missing tools", () => {
  const facts = (changes: Partial<ToolFacts> = {}): ToolFacts => ({
    missing: without("ip", "bridge", "iptables-save"),
    root: true,
    distribution: ["debian"],
    installForbidden: false,
    ...changes,
  });

  it("are none when all are there", () => {
    expect(judgeTools(facts({ missing: without() }))).toEqual({ ok: true, install: [] });
  });

  it("are installed by root on Debian and its like, each package once", () => {
    expect(judgeTools(facts())).toEqual({ ok: true, install: ["iproute2", "iptables"] });
    expect(judgeTools(facts({ distribution: ["linuxmint", "ubuntu"] }))).toMatchObject({ ok: true });
  });

  it.each<[string, Partial<ToolFacts>, string]>([
    [
      "--no-install",
      { installForbidden: true },
      "Install with: apt-get install -y --no-install-recommends iproute2 iptables",
    ],
    [
      "an ordinary user",
      { root: false },
      "Install with: sudo apt-get install -y --no-install-recommends iproute2 iptables",
    ],
    ["Fedora", { distribution: ["fedora"] }, "Install with: dnf install -y iproute iptables"],
    ["an unknown distribution", { distribution: ["nixos"] }, "(on Debian: iproute2 iptables)"],
  ])("end it with one message: %s", (_case, changes, cure) => {
    const verdict = judgeTools(facts(changes));
    expect(verdict).toEqual({
      ok: false,
      message: expect.stringMatching(/^Missing on this machine: ip, bridge, iptables-save\. .*$/),
    });
    expect(verdict).toMatchObject({ message: expect.stringContaining(cure) });
  });

  it("name a package once where one brings two of Debian's", () => {
    expect(installCommand(without("mount", "nsenter"), ["arch"])).toBe("pacman -S --needed util-linux");
  });
});

describe("the distribution", () => {
  it("is read with and without quotes, and its relatives", () => {
    expect(distributionIds('NAME="x"\nID=linuxmint\nVERSION_ID="21"\nID_LIKE="ubuntu debian"\n')).toEqual([
      "linuxmint",
      "ubuntu",
      "debian",
    ]);
    expect(distributionIds("")).toEqual([]);
    expect(isDebian(["fedora"])).toBe(false);
  });
});

describe("forbidden namespaces", () => {
  const explain = (facts: Partial<NamespaceFacts>) =>
    explainNamespaces({ said: "unshare failed: Operation not permitted", root: false, container: false, ...facts });

  it.each<[Partial<NamespaceFacts>, string]>([
    [{ maxUserNamespaces: "0" }, "sudo sysctl -w user.max_user_namespaces=10000"],
    [{ unprivilegedClone: "0" }, "sudo sysctl -w kernel.unprivileged_userns_clone=1"],
    [{ apparmorRestrict: "1" }, "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"],
    [{ container: true }, "docker run --privileged"],
    [{}, "unshare failed: Operation not permitted. Run as root"],
    [{ root: true, unprivilegedClone: "0" }, "CAP_SYS_ADMIN and CAP_NET_ADMIN"],
  ])("%o: the message has the cure, in one line", (facts, cure) => {
    expect(explain(facts)).toContain(cure);
    expect(explain(facts)).not.toContain("\n");
  });

  it("are not blamed on settings that allow them", () => {
    const allowed = { maxUserNamespaces: "96365", unprivilegedClone: "1", apparmorRestrict: "0" };
    expect(explain(allowed)).not.toContain("sysctl");
  });
});

describe("capabilities", () => {
  it.each([
    ["000001fffeffffff", true],
    ["0000000000201000", true],
    ["0000000000200000", false],
    ["0000000000001000", false],
    ["0000000000000000", false],
  ])("%s: %s", (effective, enough) => {
    expect(mayMakeNamespaces(`Name:\tnode\nCapEff:\t${effective}\nCapBnd:\t000001fffeffffff\n`)).toBe(enough);
  });
});

it("an ordinary user's PATH gets the system's folders behind its own, each once", () => {
  expect(withSystemFolders("/usr/bin:/usr/sbin")).toBe("/usr/bin:/usr/sbin:/usr/local/sbin:/sbin");
  expect(withSystemFolders(undefined)).toContain("/usr/sbin");
});

it("--no-install is taken out of the arguments", () => {
  expect(takeInstallFlag(["a", "--no-install", "b"])).toEqual({ install: false, rest: ["a", "b"] });
  expect(takeInstallFlag(["a"])).toEqual({ install: true, rest: ["a"] });
});
