import { describe, expect, it } from "vitest";
import { engines } from "../support/engines.js";
import { leavesNothing, output } from "../support/host.js";
import { redeclare, type Wanted, withAny } from "./any.js";

const PEER = {
  name: "eth0",
  namespace: "ns_seen",
  addresses: ["10.98.0.2/24"],
  gateway: "10.98.0.1",
  routes: [{ to: "10.97.0.0/16", via: "10.98.0.1" }],
};
const RESOURCES: Wanted[] = [
  ["Bridge", "home", { name: "br_seen", addresses: ["10.98.0.1/24"], mtu: 1400 }],
  [
    "NetNamespace",
    "pod",
    { name: "ns_seen", nameservers: ["10.98.0.1"], sysctls: { "net.ipv4.conf.all.rp_filter": 0 } },
  ],
  ["VethPair", "cable", { name: "veth_seen", bridge: "br_seen", mtu: 1400, peer: PEER }],
];

/** What somebody changes by hand, and what it is to be again. */
const BY_HAND: string[][] = [
  ["ip", "link", "set", "dev", "br_seen", "mtu", "1300"],
  ["ip", "addr", "add", "10.98.1.1/24", "dev", "br_seen"],
  ["ip", "netns", "exec", "ns_seen", "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1"],
  ["ip", "-n", "ns_seen", "route", "del", "10.97.0.0/16"],
  ["ip", "link", "set", "dev", "veth_seen", "type", "bridge_slave", "hairpin", "off"],
];
const look = async () => [
  JSON.parse(await output(["ip", "-j", "link", "show", "br_seen"]))[0].mtu,
  (await output(["ip", "-o", "addr", "show", "dev", "br_seen"])).includes("10.98.1.1/24"),
  (await output(["ip", "netns", "exec", "ns_seen", "sysctl", "-n", "net.ipv4.conf.all.rp_filter"])).trim(),
  (await output(["ip", "-n", "ns_seen", "route"])).includes("10.97.0.0/16 via 10.98.0.1"),
  JSON.parse(await output(["ip", "-d", "-j", "link", "show", "veth_seen"]))[0].linkinfo.info_slave_data.hairpin,
];
const WANTED = [1400, false, "0", true, true];
const FOUND = [1300, true, "1", false, false];

describe.each(engines)("on $name", ({ missing, ...on }) => {
  it("a refresh notes what it found, and settles; the next up shows it, and brings the wish back", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(() =>
      withAny(
        RESOURCES.slice(0, 2),
        async (project) => {
          // Plain names tell no engine what needs what.
          await project.must("up");
          redeclare(project, RESOURCES);
          await project.must("up");
          expect(await look()).toEqual(WANTED);
          for (const command of BY_HAND) await output(command);
          expect(await look()).toEqual(FOUND);

          const seen = await project.must("refresh", "--diff");
          expect(seen).toMatch(/mtu *: 1400 => 1300/);
          expect(seen).toContain("3 updated");
          const again = await project.must("refresh");
          expect(again).not.toMatch(/updated|found \S+, declared/);
          expect(await look()).toEqual(FOUND);

          const preview = await project.must("preview", "--diff");
          expect(preview).toMatch(/mtu *: 1300 => 1400/);
          expect(preview).not.toMatch(/macAddress|replace/);
          const healed = await project.must("up");
          expect(healed).toContain("3 updated");
          expect(await look()).toEqual(WANTED);
          await project.must("up", "--expect-no-changes");
          expect(await project.must("refresh")).not.toContain("updated");

          for (const command of BY_HAND) await output(command);
          await project.must("refresh");
          redeclare(project, RESOURCES.slice(0, 2));
          await project.must("up");
          await project.must("destroy");
        },
        on,
      ),
    );
  });
});
