import { afterAll, beforeAll, expect, it } from "vitest";
import type { Background } from "../../sandbox/command.js";
import { differences, type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { inTier } from "../support/size.js";
import { steadyState } from "../support/steady.js";
import { total } from "../support/traffic.js";
import { ask, makeArticle, PODS, serve, VIP } from "./article.js";
import { Stack } from "./stack.js";

const stack = new Stack();
let pristine: HostState;
let made: Awaited<ReturnType<typeof steadyState>>;
let servers: Background[] = [];

beforeAll(async () => {
  requireSandbox();
  pristine = await hostState();
  await makeArticle(stack);
  made = await steadyState();
  servers = await Promise.all(PODS.map(({ name }) => serve(name)));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await stack.destroy();
  expect(differences(pristine, await hostState())).toEqual([]);
});

interface Damage {
  what: string;
  commands: string[][];
  drifted: string[];
  /** The virtual IP answers nobody. */
  silences?: boolean;
  /** Its server is gone with it. */
  restart?: "dustin";
}

const damages: Damage[] = [
  {
    what: "iptables -t nat -F",
    commands: [["iptables", "-t", "nat", "-F"]],
    drifted: ["home", "services", "http", "http1", "http2"],
    silences: true,
  },
  {
    what: "iptables -t nat -F, and -X",
    commands: [
      ["iptables", "-t", "nat", "-F"],
      ["iptables", "-t", "nat", "-X"],
    ],
    drifted: ["home", "services", "http", "http1", "http2"],
    silences: true,
  },
  {
    what: "iptables -F",
    commands: [["iptables", "-F"]],
    drifted: ["home"],
  },
  {
    what: "a deleted veth",
    commands: [["ip", "link", "del", "veth_dustin"]],
    drifted: ["veth dustin"],
  },
  {
    what: "a deleted bridge",
    commands: [["ip", "link", "del", "bridge_home"]],
    drifted: ["home", "veth dustin", "veth leah"],
    silences: true,
  },
  {
    what: "a namespace deleted while its server runs on in it",
    commands: [["ip", "netns", "del", "netns_dustin"]],
    drifted: ["ns dustin", "veth dustin"],
    restart: "dustin",
  },
  {
    what: "all of it at once",
    commands: [
      ["iptables", "-t", "nat", "-F"],
      ["ip", "link", "del", "bridge_home"],
      ["ip", "link", "del", "veth_leah"],
      ["ip", "netns", "del", "netns_dustin"],
      ["sysctl", "-qw", "net.ipv4.ip_forward=0"],
    ],
    drifted: ["home", "ns dustin", "veth dustin", "veth leah", "services", "http", "http1", "http2"],
    silences: true,
    restart: "dustin",
  },
];

it.each(inTier(damages, (_, at) => at % 2 === 0))(
  "after $what a preview says just that, and up heals it: traffic flows at once",
  async (damage) => {
    await allAnswer(); // and so everybody knows everybody's MAC address
    const neighbour = await output(["ip", "-n", "netns_leah", "neigh", "show", "10.0.0.11"]);
    for (const command of damage.commands) await output(command);
    if (damage.silences)
      expect((await ask({ from: "leah", address: VIP, count: 4, timeoutMs: 300 })).answers).toEqual({});
    expect(await stack.drifted()).toEqual(damage.drifted);

    expect(await stack.heal()).toEqual(damage.drifted);
    if (damage.restart) servers.push(await serve(damage.restart));
    await allAnswer();
    expect(await steadyState()).toEqual(made);
    expect(await stack.drifted()).toEqual([]);
    if (!damage.commands.flat().includes("veth_leah"))
      expect(addressOf(await output(["ip", "-n", "netns_leah", "neigh", "show", "10.0.0.11"]))).toBe(
        addressOf(neighbour),
      );
  },
);

const addressOf = (neighbour: string) => /lladdr (\S+)/.exec(neighbour)?.[1] ?? "no address";

async function allAnswer(): Promise<void> {
  const asked = [undefined, "dustin", "leah"].flatMap((from) => [
    ...PODS.map(({ address }) => ({ from, address })),
    { from, address: VIP, count: 4 },
  ]);
  const tallies = await Promise.all(asked.map(ask));
  expect(tallies.map(({ answers }) => total(answers))).toEqual([1, 1, 4, 1, 1, 4, 1, 1, 4]);
}
