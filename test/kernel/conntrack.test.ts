import { expect, it } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { leavesNothing, output } from "../support/host.js";
import { makeArticle, PODS, serve, VIP } from "./article.js";
import { Stack } from "./stack.js";

/** Dials the VIP from the host with a source port of its own, and says what came of it. */
const dial = (from: number) =>
  output([
    process.execPath,
    "-e",
    `const socket = require("node:net").connect({ host: "${VIP}", port: 8080, localPort: ${from} });
     const end = (word) => { console.log(word); socket.destroy(); };
     socket.on("connect", () => end("answered")).on("error", (error) => end(error.code));
     setTimeout(end, ${stretched(1500)}, "no answer").unref();`,
  ]);

const flush = {
  "the service's chain": ["DUSTIN-SVC-HTTP"],
  "an endpoint's chain": ["DUSTIN-SEP-HTTP1"],
};

it.each(Object.entries(flush))(
  "who dialled while %s was empty gets through from the same port once it is healed",
  (_what, chain) =>
    leavesNothing(async () => {
      const stack = new Stack();
      await makeArticle(stack, [PODS[0]]);
      const server = await serve("dustin");
      await output(["iptables", "-t", "nat", "-F", ...chain]);
      expect((await dial(40_001)).trim()).not.toBe("answered");
      expect(await output(["conntrack", "-L", "--orig-dst", VIP])).toContain("sport=40001");
      await stack.heal();
      expect((await dial(40_001)).trim()).toBe("answered");
      await server.stop();
      await stack.destroy();
    }),
);

it("healing leaves the flows of others, and those that work, as they are", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await makeArticle(stack, [PODS[0]]);
    const server = await serve("dustin");
    expect((await dial(40_002)).trim()).toBe("answered");
    await output(["iptables", "-t", "nat", "-F", "DUSTIN-SVC-HTTP"]);
    await dial(40_003);
    await stack.heal();
    const flows = await output(["conntrack", "-L", "--orig-dst", VIP]);
    expect(flows).toContain("sport=40002");
    expect(flows).not.toContain("sport=40003");
    await server.stop();
    await stack.destroy();
  }));
