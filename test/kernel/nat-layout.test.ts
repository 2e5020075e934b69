import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localExec } from "../../provider/host/exec.js";
import { commitServices } from "../../provider/host/nft-services.js";
import type { NatStep } from "../../provider/kernel/plan.js";
import type { ServiceChange } from "../../provider/kernel/service-change.js";
import { nftables } from "../../provider/services/nftables/index.js";
import { nft } from "../../provider/services/nftables/nft-tables.js";
import type { NatTables } from "../../provider/services/nftables/table.js";
import type { Background } from "../../sandbox/command.js";
import { SEED } from "../support/chance.js";
import { type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { anyChange, chainSpec, endpointSpec, heldService } from "../support/nat-services.js";
import { listNat } from "../support/nat-tables.js";
import { randomRuns } from "../support/size.js";
import { request, startServer, type Tally } from "../support/traffic.js";

/**
 * All that a service can have, laid out in the kernel by itself. IPv6 is judged by traffic (IPv4 is
 * in service-*.test.ts), and both families by nft.
 */
const exec = localExec();
const step = (change: ServiceChange): NatStep => ({ do: "nat", backend: "nftables", chain: "X", change, why: "test" });
let model: NatTables = new Map();

async function change(...changes: ServiceChange[]): Promise<void> {
  const steps = changes.map(step);
  const after = nftables.apply(model, steps);
  await commitServices(exec, nft, model, after, steps);
  model = after;
}

const pods = [1, 2, 9].map((last) => ({ name: `n${last}`, address: `fd00::${last}` }));
let before: HostState;
let servers: Background[] = [];

beforeAll(async () => {
  requireSandbox();
  before = await hostState();
  const script = `
    sysctl -qw net.ipv6.conf.all.forwarding=1
    ip link add br_nat type bridge && ip addr add fd00::ff/64 dev br_nat nodad && ip link set br_nat up
    for n in 1 2 9; do
      ip netns add n$n && ip link add v$n type veth peer name eth0 netns n$n
      ip link set v$n master br_nat up && bridge link set dev v$n hairpin on
      ip -n n$n link set lo up && ip -n n$n addr add fd00::$n/64 dev eth0 nodad
      ip -n n$n link set eth0 up && ip -n n$n -6 route add default via fd00::ff
    done
    ip -6 route add fd01::/64 dev lo && ip -6 route add fd03::1/128 dev lo`;
  await output(["sh", "-ec", script]);
  await change({ chain: chainSpec({ vipRanges: ["10.1.0.0/16", "fd01::/64"] }) });
  servers = await Promise.all(pods.map(({ name }) => startServer({ netns: name, name, port: 8080 })));
  for (const { address } of pods) await reached(address);
});

/** The kernel takes a second or two to let IPv6 through a bridge and namespaces that are new. */
async function reached(address: string): Promise<void> {
  for (let tries = 0; tries < 40; tries++)
    for (const netns of ["n9", undefined]) {
      const { failures } = await request({ netns, url: `http://[${address}]:8080/`, count: 1, timeoutMs: 500 });
      if (netns === undefined && Object.keys(failures).length === 0) return;
      if (Object.keys(failures).length > 0) break;
    }
  throw new Error(`${address} is not reached`);
}

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await change({ chain: null });
  const script = `
    for n in 1 2 9; do ip link del v$n; ip netns del n$n; done
    ip link del br_nat; ip -6 route del fd01::/64; ip -6 route del fd03::1
    sysctl -qw net.ipv6.conf.all.forwarding=0`;
  await output(["sh", "-ec", script]);
  expect(await hostState()).toEqual(before);
});

const ask = (address: string, port: number, more: object = {}): Promise<Tally> =>
  request({ netns: "n9", url: `http://[${address}]:${port}/`, count: 30, timeoutMs: 500, ...more });
const tcp = (port: number, more: object = {}) => ({ port, protocol: "tcp" as const, targetPort: 8080, ...more });

describe("IPv6", () => {
  const VIP = "fd01::1";
  const [one, two, nine] = pods.map(({ name, address }) => endpointSpec(name, address)) as [
    ReturnType<typeof endpointSpec>,
    ReturnType<typeof endpointSpec>,
    ReturnType<typeof endpointSpec>,
  ];
  const host = "fd00::ff";

  it("a client with affinity comes back to its endpoint until that is gone or its time is over", async () => {
    const sticky = (...endpoints: (typeof one)[]) =>
      heldService("STICKY", VIP, [tcp(81)], endpoints, { affinitySeconds: 2 });
    await change(sticky(one, two));
    const [chosen] = Object.keys((await ask(VIP, 81)).answers);
    expect((await ask(VIP, 81)).answers).toEqual({ [chosen!]: 30 });
    const other = chosen === "n1" ? two : one;
    await change(sticky(other));
    expect((await ask(VIP, 81)).answers).toEqual({ [other.name]: 30 });
    await change(sticky(one, two));
    expect((await ask(VIP, 81)).answers).toEqual({ [other.name]: 30 });
    const answered = new Set<string>();
    for (let round = 0; round < 12 && answered.size < 2; round++) {
      await new Promise((resolve) => setTimeout(resolve, 2200));
      for (const name of Object.keys((await ask(VIP, 81, { count: 1 })).answers)) answered.add(name);
    }
    expect([...answered].sort()).toEqual(["n1", "n2"]);
    await change({ service: "ip6 STICKY", state: null });
  });

  it("a node port answers at the host's addresses, and never at its loopback", async () => {
    await change(heldService("NODE", VIP, [tcp(82, { nodePort: 30_082 })], [one, two]));
    for (const netns of ["n9", undefined]) expect((await ask(host, 30_082, { netns })).failures).toEqual({});
    expect((await ask(host, 30_082)).clients).toEqual({ "fd00::9": 30 });
    expect((await ask("::1", 30_082, { netns: undefined })).failures).toEqual({ ECONNREFUSED: 30 });
    await change({ service: "ip6 NODE", state: null });
    expect((await ask(host, 30_082)).failures).toEqual({ ECONNREFUSED: 30 });
  });

  it("an external address lets in only who may come", async () => {
    const outside = "fd03::1";
    await change(
      heldService("OUT", VIP, [tcp(83)], [one], {
        externalIPs: [outside],
        loadBalancerSourceRanges: ["fd00::9/128"],
      }),
    );
    expect((await ask(outside, 83)).answers).toEqual({ n1: 30 });
    expect((await ask(outside, 83, { netns: "n2", count: 2 })).failures).toEqual({ TIMEOUT: 2 });
    expect((await ask(VIP, 83, { netns: "n2" })).answers).toEqual({ n1: 30 });
    await change({ service: "ip6 OUT", state: null });
  });

  it("Local keeps to this host, each policy for its own way in, and what leaves for elsewhere is asked in the host's name", async () => {
    const far = { ...nine, local: false };
    const policies = { externalTrafficPolicy: "Local" as const, internalTrafficPolicy: "Cluster" as const };
    const both = (over: object) => heldService("LOCAL", VIP, [tcp(84, { nodePort: 30_084 })], [one, far], over);
    await change(both(policies));
    const from = { netns: "n2" };
    expect(Object.keys((await ask(VIP, 84, from)).answers).sort()).toEqual(["n1", "n9"]);
    expect((await ask(host, 30_084, from)).answers).toEqual({ n1: 30 });
    await change(both({ externalTrafficPolicy: "Cluster", internalTrafficPolicy: "Local" }));
    expect((await ask(VIP, 84, from)).answers).toEqual({ n1: 30 });
    const seen = await ask(host, 30_084, from);
    expect(seen.answers.n9).toBeGreaterThan(0);
    expect(seen.clients).toEqual({ "fd00::2": seen.answers.n1, [host]: seen.answers.n9 });
    await change({ service: "ip6 LOCAL", state: null });
  });

  it("refuses at once, and drops what no service has", async () => {
    await change(heldService("NONE", VIP, [tcp(85)], []));
    for (const port of [85, 86])
      for (const netns of ["n9", undefined])
        expect((await ask(VIP, port, { netns })).failures).toEqual({ ECONNREFUSED: 30 });
    expect((await ask("fd01::99", 85, { count: 2 })).failures).toEqual({ TIMEOUT: 2 });
    await change({ service: "ip6 NONE", state: null });
  });
});

it(`the kernel gives back whatever was put there, change after change (SEED=${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { minLength: 1, maxLength: 3 }), async (changes) => {
      await change(...changes);
      expect(await listNat(exec)).toEqual(model);
    }),
    { ...randomRuns(60, 5), endOnFailure: true },
  );
});
