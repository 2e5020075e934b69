import { beforeEach, describe, expect, it } from "vitest";
import { endpoint, natChain, serviceVip } from "../../provider/resources.js";
import { staleFlows } from "../../provider/services/flows.js";
import { Planner } from "../support/planner.js";

const VIP = "10.100.0.1";
const DNS = {
  chain: "A-SERVICES",
  name: "DNS",
  address: VIP,
  ports: [
    { port: 53, protocol: "udp", targetPort: 5353, nodePort: 30053 },
    { port: 53, protocol: "tcp" },
  ],
};
const at = (n: number, more = {}) => ({ service: "A-SERVICES/DNS", name: `DNS${n}`, address: `10.0.0.${n}`, ...more });
const gone = (n: number, port = 5353) => [
  { protocol: "udp", address: VIP, port: 53, endpoint: `10.0.0.${n}:${port}` },
  { protocol: "udp", address: "", port: 30053, endpoint: `10.0.0.${n}:${port}` },
];
const untranslated = [
  { protocol: "udp", address: VIP, port: 53 },
  { protocol: "tcp", address: VIP, port: 53 },
  { protocol: "udp", address: "", port: 30053 },
];

let on: Planner;
function begin(backend: string) {
  on = new Planner();
  on.up(natChain, { name: "A-SERVICES", backend }, on.context("chain"));
  on.up(serviceVip, DNS, on.context("dns"));
}

/** What is to be forgotten after a change. */
function staleAfter(change: () => void) {
  const before = { ...on.host };
  change();
  const found = staleFlows(before, on.host);
  return found.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
const sorted = (flows: object[]) => flows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
const up = (n: number, more = {}) => on.up(endpoint, at(n, more), on.context(`dns${n}`));
const again = (n: number, more = {}) => on.up(endpoint, at(n, more), on.context(`dns${n}`, at(n)));

describe.each(["iptables", "nftables"])("on %s", (backend) => {
  beforeEach(() => begin(backend));

  it("the first endpoint gets the flows that went out untranslated, a second one gets none", () => {
    expect(staleAfter(() => up(1))).toEqual(sorted(untranslated));
    expect(staleAfter(() => up(2)).filter((flow) => "endpoint" in flow)).toEqual([]);
  });

  it("an endpoint that goes, is replaced or serves no longer loses its own flows, and no others", () => {
    up(1);
    up(2);
    expect(staleAfter(() => on.down(endpoint, at(2), on.context("dns2", at(2))))).toEqual(sorted(gone(2)));
    expect(staleAfter(() => again(1, { address: "10.0.0.9" }))).toEqual(sorted(gone(1)));
    expect(staleAfter(() => again(1, { address: "10.0.0.9", ready: false }))).toEqual(sorted(gone(9)));
  });

  it("one that drains, terminates or waits keeps its flows while it serves", () => {
    up(1);
    up(2);
    for (const change of [{ weight: 0 }, { terminating: true }, { ready: false, serving: true }])
      expect(staleAfter(() => again(1, change))).toEqual([]);
  });

  it("another target port, another port and the end of the service lose the flows to the old one", () => {
    up(1);
    const ports = [{ ...DNS.ports[0]!, targetPort: 5354 }, DNS.ports[1]];
    const change = (news: object) => () => on.up(serviceVip, { ...DNS, ...news }, on.context("dns", DNS));
    expect(staleAfter(change({ ports }))).toEqual(sorted(gone(1)));
    const moved = staleAfter(change({ ports: [{ ...ports[0], port: 54 }] }));
    expect(moved.filter((flow) => "endpoint" in flow)).toEqual([gone(1, 5354)[0]]);
    expect(staleAfter(() => on.down(serviceVip, DNS, on.context("dns", DNS)))).toEqual(
      sorted([{ ...gone(1, 5354)[0], port: 54 }, gone(1, 5354)[1]!]),
    );
  });

  it("what moves to the other backend is where it was", () => {
    up(1);
    const other = { name: "A-SERVICES", backend: backend === "iptables" ? "nftables" : "iptables" };
    expect(staleAfter(() => on.up(natChain, other, on.context("chain", { name: "A-SERVICES", backend })))).toEqual([]);
    expect(staleAfter(() => on.down(endpoint, at(1), on.context("dns1", at(1))))).toEqual(sorted(gone(1)));
  });
});
