import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { CommandsWorld } from "../engine/commands-world.js";
import { program, thing } from "../engine/scenarios/scenario.js";

/** A stack whose folder of states is a file system of its own, of so many bytes. */
function smallWorld(size: string) {
  const world = new CommandsWorld();
  const state = world.path("state");
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", state]);
  onTestFinished(() => {
    execFileSync("umount", [state]);
    world.close();
  });
  world.set(program(thing("a")));
  world.must("hostnet", "stack", "init", "t");
  world.must("hostnet", "up", "--yes", "--skip-preview");
  const file = join(state, ".pulumi/stacks/fixture/t.json");
  const resources = () =>
    (JSON.parse(readFileSync(file, "utf8")).checkpoint.latest.resources as { urn: string }[]).map(({ urn }) =>
      urn.split("::").at(-1),
    );
  return { world, state, file, resources };
}

const NO_TRACE = /\n\s+at |TypeError|\bundefined\b|no such file or folder/;
const FULL = "no space is left on its device (ENOSPC); free some there, and run the same command again";

function fill(folder: string): void {
  mkdirSync(folder, { recursive: true });
  expect(() => {
    for (let n = 0; ; n++) writeFileSync(join(folder, `fill-${n}`), Buffer.alloc(4096));
  }).toThrow("ENOSPC");
}

it("a full disk is said with the file and the cure; nothing is lost, and with space it goes on", () => {
  const { world, state, file, resources } = smallWorld("1m");
  const rest = join(state, "rest");
  fill(rest);
  const before = readFileSync(file, "utf8");
  world.set(program(thing("a"), thing("b")));
  expect(world.run("hostnet", "preview").code).toBe(0);
  for (const argv of [
    ["up", "--yes", "--skip-preview"],
    ["destroy", "--yes", "--skip-preview"],
    ["stack", "init", "u"],
  ]) {
    const { code, out, err } = world.run("hostnet", ...argv);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^error: \S+\/state\/\.pulumi\/\S+: no space is left on its device/),
    ]);
    expect(out + err).not.toMatch(NO_TRACE);
  }
  expect(readFileSync(file, "utf8")).toBe(before);
  rmSync(rest, { recursive: true });
  world.must("hostnet", "up", "--yes", "--skip-preview");
  expect(resources()).toEqual(expect.arrayContaining(["a", "b"]));
});

it("space that ends amid an update loses no resource that was made", () => {
  const { world, state, file, resources } = smallWorld("256k");
  const large = "x".repeat(15_000);
  const many = ["b", "c", "d", "e", "f"].map((name) => thing(name, { large }));
  world.set(program(thing("a"), ...many));
  const { code, out, err } = world.run("hostnet", "up", "--yes", "--skip-preview");
  expect(code).toBe(1);
  expect(out).toContain(`error: ${file}: ${FULL}`);
  expect(out + err).not.toMatch(NO_TRACE);
  // The last state is whole, and names what was under way.
  const { latest } = JSON.parse(readFileSync(file, "utf8")).checkpoint;
  expect(resources()).toContain("a");
  const known = [
    ...resources(),
    ...(latest.pending_operations ?? []).map((each: { resource: { urn: string } }) =>
      each.resource.urn.split("::").at(-1),
    ),
  ];
  const made = out.matchAll(/Thing (\w) created/g);
  expect(known).toEqual(expect.arrayContaining([...made].map(([, name]) => name)));
  expect(readdirSync(join(state, ".pulumi/stacks/fixture")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  execFileSync("mount", ["-o", "remount,size=8m", state]);
  world.must("hostnet", "up", "--yes", "--skip-preview");
  expect(resources()).toEqual(expect.arrayContaining(["a", "b", "c", "d", "e", "f"]));
});

it("a full disk that has no room for the history only is a warning", () => {
  const { world, state } = smallWorld("4m");
  rmSync(join(state, ".pulumi/history"), { recursive: true });
  mkdirSync(join(state, ".pulumi/history"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "none", join(state, ".pulumi/history")]);
  onTestFinished(() => void execFileSync("umount", [join(state, ".pulumi/history")]));
  world.set(program(thing("a"), thing("b")));
  const { code, err } = world.run("hostnet", "up", "--yes", "--skip-preview");
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/^warning: this update isn't in the stack's history: \S+: no space is left/),
  ]);
});

it("a read-only folder can be looked at, and says that it is read-only where it is written", () => {
  const { world, state } = smallWorld("4m");
  execFileSync("mount", ["-o", "remount,ro", state]);
  world.set(program(thing("a"), thing("b")));
  for (const argv of [["preview"], ["stack"], ["stack", "ls"], ["stack", "output"], ["stack", "export"], ["config"]])
    world.must("hostnet", ...argv);
  for (const argv of [
    ["up", "--yes", "--skip-preview"],
    ["destroy", "--yes", "--skip-preview"],
    ["stack", "init", "u"],
    ["stack", "rename", "u"],
    ["stack", "rm", "t", "--yes", "--force"],
  ]) {
    const { code, out, err } = world.run("hostnet", ...argv);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /^error: \S+\/state\/\.pulumi\/\S+: its file system is read-only \(EROFS\); mount it writable, or use a folder elsewhere\n$/,
      ),
    ]);
    expect(out + err).not.toMatch(NO_TRACE);
  }
  execFileSync("mount", ["-o", "remount,rw", state]);
  world.must("hostnet", "up", "--yes", "--skip-preview");
});

it("a temporary folder without space ends the run before anything is done", () => {
  const { world } = smallWorld("4m");
  const temporary = world.path("temporary");
  mkdirSync(temporary);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "none", temporary]);
  onTestFinished(() => void execFileSync("umount", [temporary]));
  world.extra = { TMPDIR: temporary };
  world.set(program(thing("a"), thing("b")));
  const { code, out, err } = world.run("hostnet", "up", "--yes", "--skip-preview");
  expect([code, out]).toEqual([1, expect.stringMatching(/error: \S+\/temporary\/\S+: no space is left on its device/)]);
  expect(out + err).not.toMatch(NO_TRACE);
  expect(existsSync(temporary) && readdirSync(temporary)).toEqual([]);
});
