import { expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { type Wanted, withAny } from "./any.js";

const services = (backend: string): Wanted[] => [
  ["NatChain", "chain", { name: "LOST-SERVICES", backend }],
  [
    "ServiceVip",
    "http",
    { chain: "LOST-SERVICES", name: "HTTP", address: "10.85.0.1", ports: [{ port: 80 }] },
    { dependsOn: ["chain"] },
  ],
  [
    "Endpoint",
    "http1",
    { service: "LOST-SERVICES/HTTP", name: "HTTP1", address: "10.84.0.11" },
    { dependsOn: ["http"] },
  ],
];
const links: Wanted[] = [
  ["Bridge", "home", { name: "br_lost" }],
  ["NetNamespace", "pod", { name: "ns_lost" }],
  [
    "VethPair",
    "cable",
    { name: "v_lost", bridge: "br_lost", peer: { name: "eth0", namespace: "ns_lost" } },
    { dependsOn: ["home", "pod"] },
  ],
];

it.each<{ what: string; resources: Wanted[]; lost: string; said: string[] }>([
  {
    what: "table nat",
    resources: services("iptables"),
    lost: "nft delete table ip nat",
    said: [
      "chain: chain LOST-SERVICES is missing, and this run makes it",
      "service: service LOST-SERVICES/HTTP is missing, and this run makes it",
    ],
  },
  {
    what: "a NatChain's table of nft",
    resources: services("nftables"),
    lost: "nft delete table ip hostnet-LOST-SERVICES",
    said: [
      "chain: chain LOST-SERVICES is missing, and this run makes it",
      "service: service LOST-SERVICES/HTTP is missing, and this run makes it",
    ],
  },
  {
    what: "a bridge",
    resources: links,
    lost: "ip link del br_lost",
    said: ["bridge: bridge br_lost is missing, and this run makes it"],
  },
  {
    what: "a namespace",
    resources: links,
    lost: "ip netns del ns_lost",
    said: ["peer.namespace: network namespace ns_lost is missing, and this run makes it"],
  },
])("after the loss of $what a preview names no cure that the program has, and up heals it", async (row) => {
  await leavesNothing(() =>
    withAny(row.resources, async (project) => {
      await project.must("up");
      await output(row.lost.split(" "));
      const preview = await project.must("preview");
      for (const said of row.said) expect(preview).toContain(said);
      expect(preview).not.toMatch(/declare (it|new)|dependsOn|table nat is/);
      await project.must("up");
      await project.must("preview", "--expect-no-changes");
      await project.must("destroy");
    }),
  );
});
