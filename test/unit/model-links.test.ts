import { expect, it } from "vitest";
import type { Link, Snapshot } from "../../provider/kernel/snapshot.js";
import { applyStep } from "../../provider/services/steps.js";
import { linkAdd, linkDelete, linkSet, routeAdd } from "../support/ip-steps.js";

/**
 * An end of a pair as the kernel shows it: the other end by its index in its namespace, or by its
 * name in the same one.
 */
const end = (name: string, index: number, other: Partial<Link>): [string, Link] => [
  name,
  {
    name,
    index,
    kind: "veth",
    up: true,
    promiscuous: false,
    mtu: 1500,
    macAddress: "",
    addresses: [],
    options: {},
    ...other,
  },
];
const view = (...links: [string, Link][]) => ({
  links: new Map(links),
  routes: [],
  sysctls: new Map<string, string>(),
});

const host = (): Snapshot => ({
  ...view(
    end("v1", 7, { peerIndex: 2 }),
    end("v2", 8, { peerIndex: 2 }),
    end("t1", 2, { peerName: "t2" }),
    end("t2", 3, { peerName: "t1" }),
  ),
  // Each namespace numbers its links. Both ends in here have index 2. A link of another namespace
  // happens to have the peer index 7, which is host's.
  namespaces: new Map([
    ["n1", view(end("e1", 2, { peerIndex: 7 }))],
    ["n2", view(end("e2", 2, { peerIndex: 8 }), end("x2", 9, { peerIndex: 7 }))],
  ]),
  resolvConfs: new Map(),
  firewall: new Map(),
  services: new Map(),
  machineId: "test",
});

const links = (snapshot: Snapshot) =>
  [snapshot, ...snapshot.namespaces.values()].map(({ links }) => [...links.keys()].join(" "));
it.each([
  ["the host's end", linkDelete("v1"), ["v2 t1 t2", "", "e2 x2"]],
  ["the end in the namespace", linkDelete("e1", "n1"), ["v2 t1 t2", "", "e2 x2"]],
  ["one of two ends in one namespace", linkDelete("t1"), ["v1 v2", "e1", "e2 x2"]],
] as const)("a pair goes as a whole, and no other with it, by %s", (_by, step, left) => {
  const snapshot = host();
  applyStep(snapshot, step);
  expect(links(snapshot)).toEqual(left);
});

it("a link called down stays up with its routes, and loses them when it is set down", () => {
  const snapshot = host();
  const steps = [
    linkAdd("down", "bridge"),
    linkSet("down", { up: true }),
    routeAdd({ to: "10.1.0.0/16", dev: "down" }),
  ];
  for (const step of [...steps, linkSet("down", { mtu: 1400 })]) applyStep(snapshot, step);
  expect(snapshot.routes).toHaveLength(1);
  applyStep(snapshot, linkSet("down", { up: false }));
  expect(snapshot.routes).toEqual([]);
});

it("a pair that was just made is one", () => {
  const snapshot = host();
  applyStep(snapshot, linkAdd("a", "veth", { peer: { name: "b" } }));
  applyStep(snapshot, linkAdd("c", "veth", { peer: { name: "d", namespace: "n1" } }));
  applyStep(snapshot, linkDelete("b"));
  applyStep(snapshot, linkDelete("d", "n1"));
  expect(links(snapshot)).toEqual(links(host()));
});
