import { expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { Host } from "../../provider/host/host.js";
import { leavesNothing, output } from "../support/host.js";
import { Stack } from "./stack.js";

const PAIR = { name: "rm0", peer: { name: "rm1", namespace: "rm" } };

/** A namespace and a pair into it, of which the pair is removed with `exec` after `touched` by hand. */
const removed = (touched: string[][], exec?: Exec) =>
  leavesNothing(async () => {
    const stack = new Stack();
    await stack.make("netNamespace", "n", { name: "rm" });
    await stack.make("vethPair", "p", PAIR);
    for (const command of touched) await output(command);
    stack.newRun(new Host({}, exec));
    await stack.remove("p");
    expect(await output(["ip", "-n", "rm", "-br", "link"])).not.toContain("rm1");
    await stack.destroy();
  });

it("a pair is removed without a look into its namespace, as long as the host's end is there", async () => {
  const entered: string[] = [];
  const real = localExec();
  const watching: Exec = async (argv, reads) => {
    const command = `${argv.join(" ")} ${typeof reads?.input === "string" ? reads.input : ""}`;
    if (/\bip -n|netns exec|nsenter/.test(command)) entered.push(command);
    return await real(argv, reads);
  };
  await removed([], watching);
  expect(entered).toEqual([]);
});

it.each([
  [
    "renamed",
    [
      ["ip", "link", "set", "rm0", "down"],
      ["ip", "link", "set", "rm0", "name", "other"],
    ],
  ],
  ["lost its mark", [["ip", "link", "set", "rm0", "alias", "of somebody"]]],
])("a pair whose host's end was %s by hand goes by its other end", async (_what, touched) => {
  await removed(touched);
});
