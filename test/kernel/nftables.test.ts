import { afterAll, beforeAll, expect, it } from "vitest";
import type { Background } from "../../sandbox/command.js";
import { type HostState, hostState, output, requireSandbox } from "../support/host.js";
import { halved } from "../support/size.js";
import { request, startServer, total } from "../support/traffic.js";
import { makePod } from "./article.js";
import { Stack } from "./stack.js";

/** What is so on nftables alone, by resources: judged by traffic and by nft. */
const VIP = "10.100.0.1";
const CHAIN = { name: "DUSTIN-SERVICES", backend: "nftables", vipRange: "10.100.0.0/16" };
const HTTP = {
  chain: CHAIN.name,
  name: "HTTP",
  address: VIP,
  ports: [
    { port: 80, targetPort: 8080 },
    { port: 53, protocol: "udp", targetPort: 5353 },
  ],
};
const pods = [1, 2, 3].map((number) => ({ name: `p${number}`, address: `10.0.0.${10 + number}` }));
const stack = new Stack();
let before: HostState;
let servers: Background[] = [];

const endpoint = (number: number, more: object = {}) =>
  ({ service: "DUSTIN-SERVICES/HTTP", name: `HTTP${number}`, address: `10.0.0.${10 + number}`, ...more }) as const;
const ask = (from: string | undefined, port = 80, more: object = {}) =>
  request({ ...(from && { netns: `netns_${from}` }), url: `http://${VIP}:${port}/`, count: 20, ...more });
const table = () => output(["nft", "list", "table", "ip", "hostnet-DUSTIN-SERVICES"]);

beforeAll(async () => {
  requireSandbox();
  before = await hostState();
  await stack.make("bridge", "home", { name: "bridge_home", addresses: ["10.0.0.1/24"], forward: true });
  for (const { name, address } of pods) await makePod(stack, name, address);
  await stack.make("natChain", "services", CHAIN);
  await stack.make("serviceVip", "http", HTTP);
  for (const number of [1, 2]) await stack.make("endpoint", `http${number}`, endpoint(number));
  servers = await Promise.all(pods.map(({ name }) => startServer({ netns: `netns_${name}`, name, port: 8080 })));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await stack.destroy();
  expect(await hostState()).toEqual(before);
});

it("what a service doesn't serve is refused at once, and an address without service is silent", async () => {
  for (const from of ["p3", undefined])
    expect((await ask(from, 81, { timeoutMs: 500 })).failures).toEqual({ ECONNREFUSED: 20 });
  const nobody = await request({ netns: "netns_p3", url: "http://10.100.9.9:80/", count: 2, timeoutMs: 300 });
  expect(nobody.failures).toEqual({ TIMEOUT: 2 });
});

it("weights share exactly, and nothing but that service's elements is sent", async () => {
  const was = await table();
  await stack.update("http2", endpoint(2, { weight: 3 }));
  const slots = (await table()).match(/10\.100\.0\.1 \. 80 \. \d : 10\.0\.0\.\d+ \. 8080/g);
  expect(slots?.map((slot) => slot.split(" : ")[1])).toHaveLength(4);
  expect(slots?.filter((slot) => slot.includes("10.0.0.12"))).toHaveLength(3);
  const { answers } = await ask("p3", 80, { count: 800 });
  // One degree of freedom: more than 15.1 comes once in ten thousand runs.
  const chiSquare = ((answers.p1 ?? 0) - 200) ** 2 / 200 + ((answers.p2 ?? 0) - 600) ** 2 / 600;
  expect(chiSquare).toBeLessThan(15.1);
  await stack.update("http2", endpoint(2));
  expect(await table()).toBe(was);
});

it("endpoints come and go, and no connection fails", async () => {
  const client = ask("p3", 80, { count: 2000, concurrency: 2 });
  for (let round = 0; round < 10; round++) {
    await stack.make("endpoint", "http3", endpoint(3));
    await stack.remove("http3");
  }
  const { answers, failures } = await client;
  expect({ failures, answered: total(answers) }).toEqual({ failures: {}, answered: 2000 });
});

const broken: Record<string, [command: string, drifted: string[], said?: RegExp]> = {
  "an element is deleted": [
    "nft delete element ip hostnet-DUSTIN-SERVICES tcp-endpoints { 10.100.0.1 . 80 . 1 }",
    ["http2"],
  ],
  "an element is put there": [
    "nft add element ip hostnet-DUSTIN-SERVICES services { 10.100.0.1 . tcp . 22 : accept }",
    ["services"],
  ],
  "a rule is deleted": ["nft flush chain ip hostnet-DUSTIN-SERVICES postrouting", ["services"]],
  "a shared chain is emptied": ["nft flush chain ip hostnet-DUSTIN-SERVICES tcp-vip-2", ["http"]],
  "the notes are gone": ["nft flush set ip hostnet-DUSTIN-SERVICES notes", ["services", "http", "http1", "http2"]],
  "the table is gone": ["nft delete table ip hostnet-DUSTIN-SERVICES", ["services", "http", "http1", "http2"]],
  "a map is emptied": ["nft flush map ip hostnet-DUSTIN-SERVICES services", ["http"]],
};

it.each(halved(Object.entries(broken)))("sees that %s, and heals just that", async (_what, [command, names]) => {
  const was = sorted(await table());
  await output(["sh", "-c", command]);
  expect(await stack.drifted()).toEqual(names);
  expect(await stack.heal()).toEqual(names);
  expect(sorted(await table())).toEqual(was);
  expect((await ask("p3")).failures).toEqual({});
});

/** Elements stand in whatever order. */
const sorted = (text: string) =>
  text
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(/^elements = \{ /, "")
        .replace(/(,| \})$/, ""),
    )
    .sort();
