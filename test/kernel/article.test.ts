import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Background } from "../../sandbox/command.js";
import { type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { total } from "../support/traffic.js";
import { ask, makeArticle, PODS, serve, VIP } from "./article.js";
import { Stack } from "./stack.js";

const stack = new Stack();
let before: HostState;
let servers: Background[] = [];

beforeAll(async () => {
  requireSandbox();
  before = await hostState();
  await makeArticle(stack);
  servers = await Promise.all(PODS.map(({ name }) => serve(name)));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await stack.destroy();
  expect(await hostState()).toEqual(before);
});

const CLIENTS = [
  { who: "the host", from: undefined },
  { who: "dustin", from: "dustin" },
  { who: "leah", from: "leah" },
];

// 1, the harder case, is how a sandbox begins
describe.each(["0", "1"])("with bridge-nf-call-iptables %s", (value) => {
  beforeAll(async () => {
    if (existsSync("/proc/sys/net/bridge"))
      await output(["sysctl", "-qw", `net.bridge.bridge-nf-call-iptables=${value}`]);
  });

  it.each(CLIENTS)("each pod answers $who at its own address", async ({ from }) => {
    for (const { name, address } of PODS)
      expect(await ask({ from, address, count: 5 })).toMatchObject({ answers: { [name]: 5 }, failures: {} });
  });

  it.each(CLIENTS)("both endpoints answer $who at the virtual IP, itself among them", async ({ from }) => {
    const { answers, failures } = await ask({ from, address: VIP, count: 60 });
    expect(failures).toEqual({});
    // That one of two is never chosen in 60 happens once in 10^18 runs.
    expect(Object.keys(answers).sort()).toEqual(["dustin", "leah"]);
    expect(total(answers)).toBe(60);
  });
});
