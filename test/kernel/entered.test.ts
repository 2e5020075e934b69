import { expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import { leavesNothing, output } from "../support/host.js";
import { lifecycleOn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { Stack } from "./stack.js";

const NAMESPACE = "entered";
const PAIR = { name: "pair0", peer: { name: "pair1", namespace: NAMESPACE, addresses: ["192.0.2.1/24"] } };

const inside = (...command: string[]) => output(["ip", "-n", NAMESPACE, ...command]);

/** A host, and the commands that look into namespaces. */
function watchedHost(): { host: RealHost; looks: string[] } {
  const looks: string[] = [];
  const real = localExec();
  const exec: Exec = async (argv, reads) => {
    const command = `${argv.join(" ")} ${typeof reads?.input === "string" ? reads.input : ""}`;
    if (/\bip -n|netns exec|nsenter/.test(command)) looks.push(command);
    return await real(argv, reads);
  };
  return { host: new RealHost({}, { exec }), looks };
}

const withNamespace = (work: (stack: Stack, looks: string[]) => Promise<void>) =>
  leavesNothing(async () => {
    const { host, looks } = watchedHost();
    const stack = new Stack("entered", host);
    await stack.make("netNamespace", "n", { name: NAMESPACE });
    looks.length = 0;
    await work(stack, looks);
    await stack.destroy();
  });

it("a pair is put into a namespace that was just made without a look into it; the next one has a look", async () => {
  await withNamespace(async (stack, looks) => {
    await stack.make("vethPair", "p", PAIR);
    expect(looks).toEqual([]);
    await stack.make("vethPair", "q", { name: "pair2", peer: { name: "pair3", namespace: NAMESPACE } });
    expect(looks).toHaveLength(1);
    expect(await inside("-br", "addr")).toMatch(/pair1@.* 192\.0\.2\.1\/24/);
    expect(await stack.drifted()).toEqual([]);
  });
});

it("what a run makes isn't entered by its look at what others have, which comes first", () =>
  leavesNothing(async () => {
    const { host, looks } = watchedHost();
    const stack = new Stack("entered", host);
    await lifecycleOn(host, "netNamespace").check({}, { __owner: "test/entered/n", name: NAMESPACE });
    await stack.make("netNamespace", "n", { name: NAMESPACE });
    looks.length = 0;
    await lifecycleOn(host, "bridge").check({}, { __owner: "test/entered/b", name: "bridge0" });
    expect(looks).toEqual([]);
    await stack.destroy();
  }));

it("what somebody else has put into it meanwhile is refused, stays, and is seen by the next try", async () => {
  await withNamespace(async (stack) => {
    await inside("link", "add", "pair1", "type", "bridge");
    await expect(stack.make("vethPair", "p", PAIR)).rejects.toThrow(/File exists/);
    expect(await output(["ip", "-br", "link"])).not.toContain("pair0");
    await expect(stack.make("vethPair", "p", PAIR)).rejects.toThrow(/pair1/);
    expect(await inside("-d", "link", "show", "dev", "pair1")).toContain("bridge");
    await inside("link", "del", "pair1");
  });
});

it("a pair is removed without a look into its namespace, as long as the host's end is there", async () => {
  await withNamespace(async (stack) => {
    await stack.make("vethPair", "p", PAIR);
    const { host, looks } = watchedHost();
    stack.newRun(host);
    await stack.remove("p");
    expect(looks).toEqual([]);
    expect(await inside("-br", "link")).not.toContain("pair1");
  });
});

it.each([
  ["renamed", ["ip link set pair0 down", "ip link set pair0 name other"]],
  ["lost its mark", ["ip link set pair0 alias somebody"]],
])("a pair whose host's end was %s by hand goes by its other end", async (_what, touched) => {
  await withNamespace(async (stack) => {
    await stack.make("vethPair", "p", PAIR);
    for (const command of touched) await output(command.split(" "));
    stack.newRun();
    await stack.remove("p");
    expect(await inside("-br", "link")).not.toContain("pair1");
  });
});
