import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Exec, localExec } from "../../provider/host/exec.js";
import * as files from "../../provider/host/files.js";
import { remoteFiles } from "../../provider/host/ssh/remote-files.js";
import { startCommand } from "../../sandbox/command.js";
import { leavesNothing, output } from "../support/host.js";
import { RealHost } from "../support/real-host.js";
import { Stack } from "./stack.js";

const NAME = "claimed";
const NOTE = `/run/pulumi-hostnet.netns.${NAME}`;

/**
 * What a run of this resource leaves when it is killed right after `ip netns add`. `at` is when it
 * wrote its note, in seconds from now.
 */
async function killedRun(at = 0): Promise<void> {
  // The mark is the one that the resource gets: taken from the kernel.
  const stack = new Stack();
  await stack.make("netNamespace", "n", { name: NAME });
  const [lo] = JSON.parse(await output(["ip", "-n", NAME, "-json", "link"])) as { ifalias: string }[];
  await stack.destroy();
  writeFileSync(NOTE, `${NAME} ${lo?.ifalias}\n`);
  const then = Date.now() / 1000 + at;
  utimesSync(NOTE, then, then);
}

const up = async () => {
  const stack = new Stack();
  await stack.make("netNamespace", "n", { name: NAME });
  await stack.destroy();
};

it("a namespace that a killed run has made and not marked is marked by the next up", () =>
  leavesNothing(async () => {
    await killedRun(-1);
    await output(["ip", "netns", "add", NAME]);
    await up();
    rmSync(NOTE, { force: true });
  }));

it("it is marked too when a run that came to it before was killed in its turn, or its tool", () =>
  leavesNothing(async () => {
    await killedRun(-30);
    await output(["ip", "netns", "add", NAME]);
    for (const died of ["provider", "tool"]) {
      const real = localExec();
      let dead = false;
      const marksNone: Exec = async (argv, reads) => {
        const marks = argv[0] === "ip" && reads?.files?.some((file) => file.includes("alias"));
        if (marks && died === "tool") return await real(["sh", "-c", "kill -KILL $$"]);
        dead ||= marks === true;
        // A dead provider starts nothing more.
        if (dead) throw new Error("the provider is dead");
        return await real(argv, reads);
      };
      await expect(
        new Stack("kernel", new RealHost({}, { exec: marksNone })).make("netNamespace", "n", { name: NAME }),
      ).rejects.toThrow();
    }
    await up();
    rmSync(NOTE, { force: true });
  }));

it("who just looks into it is no process of somebody", () =>
  leavesNothing(async () => {
    await killedRun(-1);
    await output(["ip", "netns", "add", NAME]);
    const looking = startCommand(["ip", "netns", "exec", NAME, "sleep", "0.3"], {});
    await up();
    await looking.ended;
  }));

it.each([
  ["with no note of ours", -1, "", true],
  ["that is older than our note", 5, "", false],
  ["that was made long after our note", -3600, "", false],
  ["that has an interface", -1, `ip -n ${NAME} link add br0 type bridge`, false],
  ["whose lo is up", -1, `ip -n ${NAME} link set lo up`, false],
  ["that has a firewall", -1, `ip netns exec ${NAME} nft add table inet x`, false],
  ["that has a route", -1, `ip -n ${NAME} route add blackhole 10.1.1.1`, false],
])("a namespace of that name %s is refused, and stays", (_what, at, touch, unnoted) =>
  leavesNothing(async () => {
    await killedRun(at);
    if (unnoted) rmSync(NOTE);
    await output(["ip", "netns", "add", NAME]);
    if (touch) await output(touch.split(" "));
    await expect(up()).rejects.toThrow(/network namespace claimed exists already .*adopt: true/);
    const alias = await output(["ip", "-n", NAME, "-json", "link", "show", "lo"]);
    expect(alias).not.toContain("ifalias");
    await output(["ip", "netns", "del", NAME]);
    rmSync(NOTE, { force: true });
  }),
);

it.each([
  ["here", files],
  ["over ssh", remoteFiles(localExec(), async () => "machine")],
])("a note %s holds the mark of its own namespace alone", (_where, { writeNotes, removeNotes }) =>
  leavesNothing(async () => {
    const notes = new Map(["a", "b%s", "c"].map((name) => [name, `${name} hostnet:%s\\${name}\n`]));
    await writeNotes(notes);
    for (const [name, text] of notes) expect(readFileSync(files.notePath(name), "utf8")).toBe(text);
    await removeNotes(["a", "c", "never there"]);
    expect([...notes.keys()].filter((name) => existsSync(files.notePath(name)))).toEqual(["b%s"]);
    await removeNotes(["b%s"]);
  }),
);
