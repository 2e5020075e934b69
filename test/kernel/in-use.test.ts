import { expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { ask, makeArticle, serve } from "./article.js";
import { Stack } from "./stack.js";

it("what still runs in a namespace when that is deleted holds nothing of ours back", async () => {
  const stack = new Stack();
  const { server, namespace } = await leavesNothing(async () => {
    await makeArticle(stack);
    const server = await serve("dustin");
    expect(await ask({ address: "10.0.0.11" })).toMatchObject({ answers: { dustin: 1 } });
    const [pid] = (await output(["ip", "netns", "pids", "netns_dustin"])).trim().split("\n");
    await stack.destroy();
    return { server, namespace: `/proc/${pid}/ns/net` };
  });
  // It runs on, in a namespace without a name that has lost its way out.
  expect(await output(["nsenter", `--net=${namespace}`, "ip", "-br", "link"])).toMatch(/^lo [^\n]*\n$/);
  expect((await server.stop()).stdout).toContain("listening");
});

it("a bridge, a namespace and a pair that are gone already are deleted without a word", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await makeArticle(stack);
    for (const link of ["veth_dustin", "bridge_home"]) await output(["ip", "link", "del", link]);
    await output(["ip", "netns", "del", "netns_leah"]);
    await output(["iptables", "-t", "nat", "-F"]);
    await stack.destroy();
  }));
