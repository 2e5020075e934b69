import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostApi } from "../../provider/host/host.js";
import { hostAddress } from "../../provider/kernel/host-address.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import { startCommand } from "../../sandbox/command.js";
import { hostState } from "../../sandbox/hoststate.js";
import { leavesNothing, output } from "../support/host.js";
import { lifecycleIn } from "../support/lifecycles.js";
import { RealHost } from "../support/real-host.js";
import { type SshHost, sshHost, whyNoSsh } from "../support/ssh-host.js";
import { closeConnections, connections, hostAt, runThere } from "./over-ssh.js";
import { Stack } from "./stack.js";

const NAME = "blue";
const FILE = `/run/netns/${NAME}`;
const CURE = /the dead name blue .*`ip netns delete blue` takes it away/;

/** What is done to a namespace so that its name leads to nothing. */
const DEADENED = [
  ["its mount is taken away", `umount ${FILE}`],
  ["it is a link to a process that is gone, as of a container", `ip netns del blue; ln -s /proc/999999/ns/net ${FILE}`],
  ["it is a link to itself", `ip netns del blue; ln -s ${FILE} ${FILE}`],
] as const;
const STRANGERS = `mkdir -p /run/netns; touch ${FILE}`;

describe("on this machine", () =>
  deadNames(() => ({ run: (script) => output(["sh", "-c", script]), address: {}, nextHost: () => new RealHost({}) })));

describe("over ssh", () => {
  let far: SshHost;
  beforeEach(async ({ skip }) => {
    const reason = await whyNoSsh();
    if (reason !== undefined) skip(reason);
    far = await sshHost();
  });
  afterEach(async () => {
    await closeConnections();
    await far[Symbol.asyncDispose]();
  });
  deadNames(() => ({
    run: (script) => runThere(far, script),
    address: { connection: far.connection },
    nextHost: () => hostAt({ connection: far.connection }),
  }));
});

interface Rig {
  run(script: string): Promise<string>;
  address: object;
  nextHost(): HostApi;
}

function deadNames(rig: () => Rig): void {
  const newStack = () => new Stack("dead", rig().nextHost(), rig().nextHost);
  const isEntered = () => rig().run("ip -n blue -br link show lo");
  const left = () => rig().run("ls -A /run/netns; ls -d /run/pulumi-hostnet.netns.* 2>/dev/null || :");

  it.each(DEADENED)("one of ours is remade by up and removed by destroy: %s", async (_what, deaden) => {
    const stack = newStack();
    await stack.make("netNamespace", "n", { name: NAME, nameservers: ["192.0.2.53"] });
    await rig().run(deaden);
    expect(await stack.drifted()).toEqual(["n"]);
    expect(await stack.read("n")).toBe(NAME);
    expect(await stack.heal()).toEqual(["n"]);
    expect(await isEntered()).toContain("lo");
    expect(await stack.drifted()).toEqual([]);
    await rig().run(deaden);
    await stack.destroy();
    expect(await left()).toBe("");
  });

  it("nobody's is refused with name, reason and cure, and taken over with adopt", async () => {
    await rig().run(STRANGERS);
    const stack = newStack();
    await expect(stack.make("netNamespace", "n", { name: NAME })).rejects.toThrow(CURE);
    await expect(stack.make("netNamespace", "n", { name: NAME })).rejects.toThrow(/adopt: true/);
    const inputs = { name: NAME, host: rig().address, __owner: "test/dead/n" };
    const looked = newRun();
    // A host over ssh isn't dialled for a check.
    await looked.hostAt(hostAddress.parse(rig().address)).view({});
    const { failures } = await lifecycleIn(looked, "netNamespace").check({}, inputs);
    expect(failures).toEqual([{ property: "name", reason: expect.stringMatching(CURE) }]);
    expect((await lifecycleIn(looked, "netNamespace").check({}, { ...inputs, adopt: true })).failures).toEqual([]);
    expect(await left()).toBe(`${NAME}\n`);
    await stack.make("netNamespace", "n", { name: NAME, adopt: true });
    expect(await isEntered()).toContain("lo");
    await stack.destroy();
    expect(await left()).toBe("");
  });

  it("one that a killed run has left before it was a namespace is taken over", async () => {
    const stack = newStack();
    await stack.make("netNamespace", "n", { name: NAME });
    const [lo] = JSON.parse(await rig().run(`ip -n ${NAME} -json link`)) as { ifalias: string }[];
    await stack.destroy();
    await rig().run(`echo '${NAME} ${lo?.ifalias}' >/run/pulumi-hostnet.netns.${NAME}; touch ${FILE}`);
    await stack.make("netNamespace", "n", { name: NAME });
    expect(await isEntered()).toContain("lo");
    await stack.destroy();
    expect(await left()).toBe("");
  });

  it("what would be put into one is refused before anything, with the cure", async () => {
    await rig().run(STRANGERS);
    const inside = { address: { ...rig().address, netns: NAME }, __owner: "test/dead/b" };
    const stack = newStack();
    await expect(
      stack.make("vethPair", "p", { name: "pair0", peer: { name: "pair1", namespace: NAME } }),
    ).rejects.toThrow(/there is no network namespace blue, only the dead name blue .*`ip netns delete blue`/);
    const inputs = { name: "br0", host: inside.address, __owner: inside.__owner };
    const wrong = { property: "host.netns", reason: expect.stringMatching(/dead name.*`ip netns delete blue`/) };
    expect(await checked(inputs)).toEqual("connection" in rig().address ? [] : [wrong]);
    await expect(lifecycleIn(newRun(), "bridge").create(inputs)).rejects.toThrow(/dead name.*`ip netns delete blue`/);
    await rig().run("ip netns delete blue");
    await expect(lifecycleIn(newRun(), "bridge").create(inputs)).rejects.toThrow(/there is no network namespace blue/);
    expect(await rig().run("ip -br link; ls -A /run/netns")).not.toMatch(/pair|br0|blue/);
  });

  it("what this run puts into a namespace that it remakes is not refused by check", async () => {
    await rig().run(STRANGERS);
    const run = newRun();
    const namespace = { name: NAME, adopt: true, host: rig().address, __owner: "test/dead/n" };
    expect((await lifecycleIn(run, "netNamespace").check({}, namespace)).failures).toEqual([]);
    const inputs = { name: "br0", host: { ...rig().address, netns: NAME }, __owner: "test/dead/b" };
    expect((await lifecycleIn(run, "bridge").check({}, inputs)).failures).toEqual([]);
    await rig().run("ip netns delete blue");
  });

  const newRun = () => {
    const run = new Run(product);
    Object.assign(run, { connections });
    return run;
  };
  const checked = async (inputs: object) => (await lifecycleIn(newRun(), "bridge").check({}, { ...inputs })).failures;
}

it("the comparison of hosts tells a dead name from a namespace", () =>
  leavesNothing(async () => {
    await output(["ip", "netns", "add", NAME]);
    expect((await hostState()).netns).toEqual([NAME]);
    await output(["umount", FILE]);
    expect((await hostState()).netns).toEqual(["blue leads to no namespace (f on tmpfs)"]);
    await output(["ip", "netns", "del", NAME]);
  }));

it("one that is alive in a container's own mounts is refused, and stays alive there", () =>
  leavesNothing(async () => {
    const script = `ip netns add ${NAME} && echo $$ >/run/pid && echo ready && exec sleep 60`;
    // Its folder is to be a mount of the host's already.
    await output(["sh", "-c", "ip netns add other; ip netns del other"]);
    const container = startCommand(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], {});
    await container.outputHolds("ready");
    await expect(new Stack().make("netNamespace", "n", { name: NAME })).rejects.toThrow(CURE);
    const pid = (await output(["cat", "/run/pid"])).trim();
    expect(await output(["nsenter", "--mount", "--target", pid, "ip", "-n", NAME, "-br", "link"])).toContain("lo");
    container.signal("SIGKILL");
    await container.ended;
    await output(["rm", "/run/pid"]);
    await output(["ip", "netns", "del", NAME]);
  }));

it("what is no file there is said, and the rest of the host is read", () =>
  leavesNothing(async () => {
    await output(["mkdir", "-p", FILE]);
    await output(["mkfifo", "/run/netns/pipe"]);
    const stack = new Stack();
    for (const name of [NAME, "pipe"])
      await expect(stack.make("netNamespace", "n", { name })).rejects.toThrow(
        new RegExp(`/run/netns/${name} is neither a file nor a link to one\\n.*mv /run/netns/${name}`),
      );
    await stack.make("bridge", "b", { name: "br_there" });
    await stack.destroy();
    await output(["rm", "-r", FILE, "/run/netns/pipe"]);
  }));
