import { expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { leavesNothing } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { makeEndpoint, makeService } from "./article.js";
import { probabilities } from "./probabilities.js";
import { Stack } from "./stack.js";

const COUNT = 60;
const numbers = Array.from({ length: COUNT }, (_, at) => at + 1);
const countdown = (from: number) => Array.from({ length: from }, (_, at) => from - at);

/** Counts how often a tool is run. */
function counted(tool: string): { exec: Exec; runs: () => number } {
  let runs = 0;
  const exec = localExec();
  const counting: Exec = (argv, options) => {
    if (argv[0] === tool) runs++;
    return exec(argv, options);
  };
  return { exec: counting, runs: () => runs };
}

it(`${COUNT} endpoints that come at once are few transactions, and each has its exact share`, () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await makeService(stack);
    const restore = counted("iptables-restore");
    stack.newRun(new RealHost({}, { exec: restore.exec }));
    await Promise.all(numbers.map((number) => makeEndpoint(stack, number, `10.0.1.${number}`)));
    expect(restore.runs()).toBeLessThanOrEqual(3);
    expect(await probabilities("DUSTIN-SVC-HTTP")).toEqual(countdown(COUNT));
    expect(await stack.drifted()).toEqual([]);

    const removal = counted("iptables-restore");
    stack.newRun(new RealHost({}, { exec: removal.exec }));
    await Promise.all(numbers.filter((number) => number % 3 > 0).map((number) => stack.remove(`http${number}`)));
    expect(removal.runs()).toBeLessThanOrEqual(3);
    expect(await probabilities("DUSTIN-SVC-HTTP")).toEqual(countdown(COUNT / 3));
    await stack.destroy();
  }));

it("namespaces and their pairs that come at once are few processes", () =>
  leavesNothing(async () => {
    const stack = new Stack();
    await stack.make("bridge", "b", { name: "group_br" });
    const ip = counted("ip");
    stack.newRun(new RealHost({}, { exec: ip.exec }));
    const some = numbers.slice(0, 20);
    await Promise.all(some.map((number) => stack.make("netNamespace", `n${number}`, { name: `group_${number}` })));
    await Promise.all(
      some.map((number) =>
        stack.make("vethPair", `v${number}`, {
          name: `group_v${number}`,
          bridge: "group_br",
          peer: { name: "eth0", namespace: `group_${number}`, addresses: [`10.6.0.${number}/24`] },
        }),
      ),
    );
    expect(ip.runs()).toBeLessThanOrEqual(20);
    await stack.destroy();
  }));
