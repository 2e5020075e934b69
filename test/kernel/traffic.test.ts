import { beforeAll, expect, it } from "vitest";
import { output, requireSandbox } from "../support/host.js";
import { echo, request, total, withServers } from "../support/traffic.js";

beforeAll(requireSandbox);

it("counts who answered, as whom the client was seen, and what failed", async () => {
  const url = "http://127.0.0.1:8081/";
  await withServers([{ name: "anna", port: 8081 }], async () => {
    const tally = await request({ url, count: 20, concurrency: 4 });
    expect(tally).toEqual({ answers: { anna: 20 }, clients: { "127.0.0.1": 20 }, failures: {} });
  });
  expect(await request({ url, count: 3 })).toEqual({ answers: {}, clients: {}, failures: { ECONNREFUSED: 3 } });
});

it("asks and answers by datagrams, from and in a namespace", async () => {
  await output(["ip", "netns", "add", "quiet"]);
  await output(["ip", "-netns", "quiet", "link", "set", "lo", "up"]);
  const there = { netns: "quiet", address: "127.0.0.1", port: 5353 };
  try {
    await withServers([{ ...there, name: "uwe", protocol: "udp" }], async () => {
      expect((await echo({ ...there, count: 10 })).answers).toEqual({ uwe: 10 });
      expect(total((await echo({ ...there, netns: undefined, count: 2, timeoutMs: 200 })).failures)).toBe(2);
    });
  } finally {
    await output(["ip", "netns", "del", "quiet"]);
  }
});

it("bounds each request in time", async () => {
  await output(["iptables", "-A", "INPUT", "-p", "tcp", "--dport", "8082", "-j", "DROP"]);
  const tally = await request({ url: "http://127.0.0.1:8082/", count: 2, timeoutMs: 200 });
  await output(["nft", "delete", "table", "ip", "filter"]);
  expect(tally.failures).toEqual({ TIMEOUT: 2 });
});
