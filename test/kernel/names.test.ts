import { expect, it } from "vitest";
import { leavesNothing, output } from "../support/host.js";
import { Stack } from "./stack.js";

/** ip(8) knows these words and takes a beginning of one for it: `br` is `broadcast`. */
const WORDS = ["br", "dev", "name", "type", "peer", "up", "netns", "address"];

it("links may be called what ip(8) calls something else", async () => {
  await leavesNothing(async () => {
    const stack = new Stack("names");
    await stack.make("netNamespace", "n", { name: "names" });
    for (const [at, name] of WORDS.entries()) {
      await stack.make("bridge", `bridge ${name}`, { name, addresses: [`192.0.2.${at + 1}/32`], mtu: 1400 });
      const peer = { name, namespace: "names", addresses: [`198.51.100.${at + 1}/32`] };
      await stack.make("vethPair", `pair ${name}`, { name: `p_${name}`, bridge: name, peer });
    }
    for (const where of [[], ["-n", "names"]]) {
      const shown = await output(["ip", ...where, "-br", "link"]);
      expect(shown.split("\n").map((line) => line.split(/[@\s]/)[0])).toEqual(expect.arrayContaining(WORDS));
    }
    expect(await stack.drifted()).toEqual([]);
    for (const name of WORDS) await output(["ip", "link", "set", "dev", name, "mtu", "1300"]);
    expect(await stack.heal()).toEqual(WORDS.map((name) => `bridge ${name}`));
    await stack.destroy();
  });
});
