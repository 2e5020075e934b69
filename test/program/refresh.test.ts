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
  ["NatChain", "services", { name: "SEEN-SERVICES" }],
  ["VethPair", "cable", { name: "veth_seen", bridge: "br_seen", mtu: 1400, peer: PEER }],
  [
    "ServiceVip",
    "web",
    {
      chain: "SEEN-SERVICES",
      name: "WEB",
      address: "10.96.0.1",
      ports: [{ port: 80, targetPort: 8080 }],
      sessionAffinity: "ClientIP",
      endpoints: [
        { name: "WEB1", address: "10.98.0.2" },
        { name: "WEB2", address: "10.98.0.3" },
      ],
    },
  ],
];

/** What somebody changes by hand, and what it is to be again. */
const BY_HAND: string[][] = [
  ["ip", "link", "set", "dev", "br_seen", "mtu", "1300"],
  ["ip", "addr", "add", "10.98.1.1/24", "dev", "br_seen"],
  ["ip", "netns", "exec", "ns_seen", "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1"],
  ["ip", "-n", "ns_seen", "route", "del", "10.97.0.0/16"],
  ["ip", "link", "set", "dev", "veth_seen", "type", "bridge_slave", "hairpin", "off"],
  [
    "sh",
    "-ec",
    `rules=$(iptables-save -t nat)
     echo "$rules" | sed -e '/--rcheck/d' -e 's/-m recent --set .* --rsource //' -e 's/;affinity=[0-9]*//' |
       iptables-restore -T nat`,
  ],
];
const look = async () => [
  JSON.parse(await output(["ip", "-j", "link", "show", "br_seen"]))[0].mtu,
  (await output(["ip", "-o", "addr", "show", "dev", "br_seen"])).includes("10.98.1.1/24"),
  (await output(["ip", "netns", "exec", "ns_seen", "sysctl", "-n", "net.ipv4.conf.all.rp_filter"])).trim(),
  (await output(["ip", "-n", "ns_seen", "route"])).includes("10.97.0.0/16 via 10.98.0.1"),
  JSON.parse(await output(["ip", "-d", "-j", "link", "show", "veth_seen"]))[0].linkinfo.info_slave_data.hairpin,
  (await output(["iptables", "-t", "nat", "-S", "SEEN-SVC-WEB"])).includes("--rcheck"),
];
const WANTED = [1400, false, "0", true, true, true];
const FOUND = [1300, true, "1", false, false, false];

describe.each(engines)("on $name", ({ missing, ...on }) => {
  it("a refresh notes what it found, and settles; the next up shows it, and brings the wish back", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await leavesNothing(() =>
      withAny(
        RESOURCES.slice(0, 3),
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
          expect(seen).toMatch(/sessionAffinity *: "ClientIP" => "None"/);
          expect(seen).not.toMatch(/__declared|targetPort|ports/);
          expect(seen).toContain("4 updated");
          const again = await project.must("refresh");
          expect(again).not.toMatch(/updated|found \S+, declared/);
          expect(await look()).toEqual(FOUND);

          const preview = await project.must("preview", "--diff");
          expect(preview).toMatch(/mtu *: 1300 => 1400/);
          expect(preview).toMatch(/sessionAffinity *: "None" => "ClientIP"/);
          expect(preview).not.toMatch(/macAddress|replace|__declared/);
          const healed = await project.must("up");
          expect(healed).toContain("4 updated");
          expect(await look()).toEqual(WANTED);
          await project.must("up", "--expect-no-changes");
          expect(await project.must("refresh")).not.toContain("updated");

          for (const command of BY_HAND) await output(command);
          await project.must("refresh");
          redeclare(project, RESOURCES.slice(0, 3));
          await project.must("up");
          await project.must("destroy");
        },
        on,
      ),
    );
  });
});
