import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { Recorder } from "../support/recorder.js";
import { halved } from "../support/size.js";
import { steadyState } from "../support/steady.js";
import { IP6_ROWS } from "./drift-ip6.js";
import { LINK_ROWS } from "./drift-rows.js";
import { RULE_ROWS } from "./drift-rules.js";
import { FULL_SERVICE, SERVICE_ROWS } from "./drift-services.js";
import { Stack } from "./stack.js";

/** Every argument that this version does, with a value that is not the default. */
async function makeAll(stack: Stack): Promise<void> {
  await stack.make("bridge", "home", {
    name: "br_dr",
    addresses: ["10.7.0.1/24", "10.7.1.1/24"],
    mtu: 1400,
    macAddress: "02:00:00:00:07:0A",
    stp: true,
    forward: true,
    masquerade: ["10.7.0.0/24", "10.7.2.0/24"],
  });
  await stack.make("netNamespace", "ns", {
    name: "ns_dr",
    nameservers: ["10.7.0.53", "10.7.0.54"],
    searchDomains: ["cluster.local", "lan"],
    sysctls: { "net.ipv4.ip_forward": 1, "net.ipv4.ip_local_port_range": "32768 60000" },
  });
  await stack.make("vethPair", "cable", {
    name: "v_dr",
    bridge: "br_dr",
    mtu: 1400,
    macAddress: "02:00:00:00:07:0b",
    peer: {
      name: "eth0",
      namespace: "ns_dr",
      addresses: ["10.7.0.11/24"],
      gateway: "10.7.0.1",
      routes: [{ to: "10.8.0.0/16", via: "10.7.0.1" }, { to: "10.9.9.9/32" }],
      macAddress: "02:00:00:00:07:0C",
    },
  });
  await stack.make("bridge", "home6", {
    name: "br_dr6",
    addresses: ["FD00:7::1/64"],
    forward: true,
    masquerade: ["fd00:7::/64"],
  });
  await stack.make("vethPair", "cable6", {
    name: "v_dr6",
    bridge: "br_dr6",
    peer: {
      name: "eth6",
      namespace: "ns_dr",
      addresses: ["fd00:7::11/64", "10.7.5.11/24"],
      gateway: "FD00:7::1",
      routes: [{ to: "FD00:8::/48", via: "fe80::1" }],
    },
  });
  await stack.make("vethPair", "free", {
    name: "v_free",
    addresses: ["10.7.9.1/30"],
    peer: { name: "v_free_peer", addresses: ["10.7.9.2/30"] },
  });
  await stack.make("macvlan", "lan", {
    name: "mv_dr",
    link: "br_others",
    mode: "private",
    addresses: ["10.7.8.1/24"],
    mtu: 1300,
    macAddress: "02:00:00:00:07:0D",
  });
  await stack.make("natChain", "chain", {
    name: "DR-SERVICES",
    hooks: ["PREROUTING", "OUTPUT"],
    rules: [
      { destination: "10.77.0.1", protocol: "tcp", destinationPort: 25, toDestination: "10.7.0.11:2525" },
      { destination: "10.77.0.2", protocol: "udp", toDestination: "10.7.0.12" },
    ],
  });
  await stack.make("natChain", "ranged", { name: "RANGED", hooks: ["PREROUTING"], vipRange: "10.77.0.0/16" });
  const ports = [{ port: 80, protocol: "tcp", targetPort: 8080 }];
  await stack.make("serviceVip", "web", { chain: "DR-SERVICES", name: "WEB", address: "10.78.0.1", ports });
  for (const n of [1, 2])
    await stack.make("endpoint", `web${n}`, { service: "DR-SERVICES/WEB", name: `WEB${n}`, address: `10.7.0.2${n}` });
  for (const [kind, resource, args] of FULL_SERVICE) await stack.make(kind, resource, args);
}

let recorder = new Recorder(new RealHost({}));
const nextHost = () => {
  recorder = new Recorder(new RealHost({}));
  return recorder;
};
const stack = new Stack("kernel", recorder, nextHost);
let pristine: HostState;
let made: unknown;

beforeAll(async () => {
  requireSandbox();
  pristine = await hostState();
  await output(["ip", "link", "add", "br_others", "address", "02:00:00:00:07:99", "type", "bridge"]);
  await makeAll(stack);
  made = await steadyState();
});

afterAll(async () => {
  await stack.destroy();
  await output(["ip", "link", "del", "br_others"]);
  expect(await hostState()).toEqual(pristine);
});

async function spoil(lines: string[]): Promise<void> {
  for (const line of lines) {
    const [, ip6, table, expression] = /^(ip6 )?(\w+): (.*)$/.exec(line) ?? [];
    if (table === undefined) await output(line.split(" "));
    else {
      const edit = '$3-save -t "$1" | sed "$2" | $3-restore -T "$1"';
      await output(["sh", "-c", edit, "sh", table, expression!, ip6 ? "ip6tables" : "iptables"]);
    }
  }
}

/** What a preview prints, by resource. */
async function preview(): Promise<Record<string, string[]>> {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const drifted = await stack.drifted();
  const lines = printed.mock.calls.map(([line]) => String(line));
  printed.mockRestore();
  return Object.fromEntries(
    drifted.map((name) => {
      const { kind, inputs } = stack.made.get(name)!;
      const prefix = `${name}: ${kind[0]!.toUpperCase()}${kind.slice(1)} ${String(inputs.name)}: `;
      return [name, lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))];
    }),
  );
}

it.for(halved([...LINK_ROWS, ...RULE_ROWS, ...SERVICE_ROWS, ...IP6_ROWS]))(
  "$argument: a preview says both values, and up mends just that",
  async (row, { skip }) => {
    // A kernel may do without VLANs on bridges.
    const spoilt = await spoil(row.spoil).catch((error: Error) => error);
    if (spoilt instanceof Error && /Operation not supported/.test(spoilt.message))
      return skip(`this kernel was built without it: ${spoilt.message}`);
    expect(spoilt).toBeUndefined();
    expect(await steadyState()).not.toEqual(made);
    const { [row.resource]: said, ...rest } = await preview();
    const says = typeof row.says === "string" ? row.says : expect.stringMatching(row.says);
    expect([said, Object.keys(rest)]).toEqual([[says, ...(row.more ?? [])], row.follow ?? []]);

    expect(await stack.heal()).toEqual([row.resource]);
    expect(recorder.steps).toEqual(row.steps);
    expect(await steadyState()).toEqual(made);
    expect(await preview()).toEqual({});
  },
);

it.each([
  ["Bridge", "ip link del br_dr", { home: "name: found none, declared br_dr", cable: /there is no bridge br_dr/ }],
  [
    "NetNamespace",
    "ip netns del ns_dr",
    {
      ns: "name: found none, declared ns_dr",
      cable: /no network namespace ns_dr/,
      cable6: /no network namespace ns_dr/,
    },
  ],
  ["Macvlan", "ip link del mv_dr", { lan: "name: found none, declared mv_dr" }],
  ["VethPair", "ip link del v_dr", { cable: "name: found none, declared v_dr" }],
  [
    "VethPair.peer, renamed",
    "ip -n ns_dr link set dev eth0 name eth9",
    { cable: "peer.name: found eth9, declared eth0" },
  ],
  ["VethPair.peer, moved", "ip -n ns_dr link set dev eth0 netns 1", { cable: "peer.name: found none, declared eth0" }],
  [
    "NatChain",
    "nat: /DR-S/d",
    {
      chain: "name: found none, declared DR-SERVICES",
      web: /there is no chain DR-SERVICES/,
      web1: /is missing/,
      web2: /is missing/,
    },
  ],
  [
    "Endpoint",
    "nat: /DR-SEP-WEB1/d",
    { web1: "name: found no chain DR-SEP-WEB1, declared WEB1", web2: /declared jump 1 of DR-SVC-WEB, -j/ },
  ],
])("%s is gone: %s says what, and up brings it back", async (_what, line, says) => {
  await spoil([line]);
  const said = await preview();
  expect(Object.keys(said).sort()).toEqual(Object.keys(says).sort());
  for (const [name, text] of Object.entries(says))
    expect(said[name]).toContainEqual(typeof text === "string" ? text : expect.stringMatching(text));
  expect(Object.keys(says)).toEqual(expect.arrayContaining(await stack.heal()));
  expect(await steadyState()).toEqual(made);
  expect(await preview()).toEqual({});
});

it("the same rules in other words are no drift", async () => {
  const before = await steadyState();
  await spoil(["ip6 nat: s/-s fd00:7::.64/--source FD00:0007::\\/ffff:ffff:ffff:ffff::/"]);
  const words = [
    "s/-s \\(10[0-9.]*\\).24/--source \\1\\/255.255.255.0/",
    "s/-d \\(10[0-9.]*\\).32/--dst \\1/",
    "s/-p tcp -m tcp/--protocol 6 --match tcp/",
    "s/--probability 0.5[0-9]*/--probability .5/",
  ];
  await spoil([`nat: ${words.join("; ")}`, "filter: s/-j ACCEPT/--jump ACCEPT/"]);
  expect(await preview()).toEqual({});
  expect(await steadyState()).toEqual(before);
});

it("the same rules with their words in another order, which the kernel keeps, are no drift", async () => {
  const before = await output(["iptables-save"]);
  const comment = '\\(-m comment --comment \\("[^"]*"\\|[^ ]*\\)\\)';
  const moved = ["-m tcp --dport [0-9]*", "-m statistic .*", "-m recent .*"].map(
    (match) => `s/ \\(${match}\\) ${comment}/ \\2 \\1/`,
  );
  const swapped = "s/\\(-m addrtype --dst-type LOCAL\\) \\(-m tcp --dport [0-9]*\\)/\\2 \\1/";
  await spoil([`nat: ${[swapped, ...moved].join("; ")}`]);
  expect(await steadyState()).not.toEqual(made);
  expect(await preview()).toEqual({});
  await output(["iptables-restore"], { input: before });
  expect(await steadyState()).toEqual(made);
});
