import { expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { ask, makeArticle, makeService, PODS, serve, VIP } from "./article.js";
import { Stack } from "./stack.js";

const routes = async (): Promise<string[]> => {
  const shown = await output(["ip", "route", "show"]);
  return shown
    .split("\n")
    .filter(Boolean)
    .map((line) => line.trim().replace(/ linkdown$/, ""));
};

/** A default route over a link that leads nowhere. */
async function withDefaultRoute(body: () => Promise<void>): Promise<void> {
  await output(["ip", "link", "add", "way_out", "type", "bridge"]);
  await output(["ip", "addr", "add", "10.7.0.1/24", "dev", "way_out"]);
  await output(["ip", "link", "set", "way_out", "up"]);
  await output(["ip", "route", "add", "default", "via", "10.7.0.254"]);
  await body();
  await output(["ip", "link", "del", "way_out"]);
}

it("a host without a default route gets one to the virtual IP, is answered there, and loses it again", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    expect(await routes()).toEqual([]);
    await makeArticle(stack, [PODS[0]]);
    expect((await routes()).filter((line) => line.startsWith(VIP))).toHaveLength(1);
    const server = await serve("dustin");
    expect(await ask({ address: VIP, count: 3 })).toMatchObject({ answers: { dustin: 3 }, failures: {} });
    await server.stop();
    await stack.destroy();
    expect(await routes()).toEqual([]);
  }));

it("a host with a default route gets none, and keeps its own", () =>
  leavesNothing(() =>
    withDefaultRoute(async () => {
      const stack = new Stack();
      const before = await routes();
      await makeService(stack);
      expect(await routes()).toEqual(before);
      await stack.destroy();
      expect(await routes()).toEqual(before);
    }),
  ));

it("a default route that goes later is drift, and up gives the virtual IP a route", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await withDefaultRoute(async () => {
      await makeService(stack);
      expect(await stack.drifted()).toEqual([]);
    });
    expect(await stack.heal()).toEqual(["http"]);
    expect(await routes()).toEqual([expect.stringContaining(VIP)]);
    await stack.destroy();
  }));

it("with vipRange one route is there for all services, until the last one goes", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await stack.make("natChain", "services", { name: "DUSTIN-SERVICES", vipRange: "10.100.0.0/16" });
    for (const number of [1, 2])
      await stack.make("serviceVip", `s${number}`, {
        chain: "DUSTIN-SERVICES",
        name: `S${number}`,
        address: `10.100.0.${number}`,
        ports: [{ port: 80 }],
      });
    expect(await routes()).toEqual([expect.stringContaining("10.100.0.0/16")]);
    await stack.remove("s1");
    expect(await routes()).toHaveLength(1);
    await stack.destroy();
  }));

it("a vipRange that comes later takes the place of its services' routes, and gives them back when it goes", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    const chain = { name: "DUSTIN-SERVICES" };
    await stack.make("natChain", "services", chain);
    for (const address of ["10.100.0.1", "10.101.0.1"])
      await stack.make("serviceVip", address, {
        chain: "DUSTIN-SERVICES",
        name: `S-${address}`,
        address,
        ports: [{ port: 80 }],
      });
    const own = await routes();
    expect(own).toHaveLength(2);
    await stack.update("services", { ...chain, vipRange: "10.100.0.0/16" });
    expect(await routes()).toEqual([expect.stringContaining("10.100.0.0/16"), own[1]]);
    await stack.update("services", chain);
    expect(await routes()).toEqual(own);
    await stack.destroy();
  }));
