import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HeldProgram } from "../../engine/program/held.js";
import { compiled, repositoryRoot } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";
import { CommandsWorld } from "./commands-world.js";

/** A folder with a program that leaves a file when it runs. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hostnet-held-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(repositoryRoot, "node_modules/@pulumi"), join(folder, "node_modules/@pulumi"));
  writeFileSync(join(folder, "index.js"), PROGRAM);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = `
const told = [process.env.PULUMI_CONFIG, process.env.PULUMI_NODEJS_STACK];
require("node:fs").writeFileSync(__dirname + "/ran", JSON.stringify(told));
process.exit(0);`;
const project = () => ({ name: "held", root: folder, options: { typescript: false } });
const hasRun = () => existsSync(join(folder, "ran"));

/** The processes that work in the folder. */
const processes = () =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false; // It has just ended.
    }
  });
const expectNone = () => expect.poll(processes, { timeout: stretched(20_000) }).toEqual([]);

it("a program that is held has run nothing of its own when it is dropped", async () => {
  const held = new HeldProgram(project(), "engine");
  expect(processes()).toHaveLength(1);
  held.drop();
  await expectNone();
  expect(hasRun()).toBe(false);
  expect(await held.release({ args: [], env: {}, folders: [] }, () => {})).toBeUndefined();
});

it("where the SDK doesn't stop for it, it isn't used", async () => {
  const script = join(folder, "node_modules/@pulumi/pulumi/cmd/run/index.js");
  rmSync(join(folder, "node_modules"), { recursive: true });
  mkdirSync(join(script, ".."), { recursive: true });
  writeFileSync(script, "process.exit(3)");
  writeFileSync(join(folder, "node_modules/@pulumi/pulumi/package.json"), "{}");
  const held = new HeldProgram(project(), "engine");
  expect(await held.release({ args: [], env: {}, folders: [] }, () => {})).toBeUndefined();
});

it("it ends with its engine, however that ends", async () => {
  const start = `
    const { HeldProgram } = await import(${JSON.stringify(compiled("engine/program/held.js"))});
    const held = new HeldProgram(${JSON.stringify(project())}, "engine");
    setTimeout(() => {}, 60_000);
    console.log("started");`;
  const engine = spawn(process.execPath, ["--input-type=module", "-e", start], {
    cwd: "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(engine.stdout, "data");
  expect(processes()).toHaveLength(1);
  engine.kill("SIGKILL");
  await expectNone();
  expect(hasRun()).toBe(false);
});

it("a wrong passphrase is refused before the program has run, which is told all that it needs after that", () => {
  const world = new CommandsWorld();
  try {
    world.must("hostnet", "stack", "init", "t");
    world.must("hostnet", "config", "set", "--secret", "word", "hidden");
    writeFileSync(join(world.project, "index.js"), PROGRAM);
    world.passphrase = "wrong";
    expect(world.run("hostnet", "up", "--yes", "--skip-preview").err).toContain("incorrect passphrase");
    const ran = join(world.project, "ran");
    expect(existsSync(ran)).toBe(false);
    world.passphrase = "pass";
    world.run("hostnet", "up", "--yes", "--skip-preview");
    expect(JSON.parse(readFileSync(ran, "utf8"))).toEqual(['{"fixture:config:word":"hidden"}', "t"]);
  } finally {
    world.close();
  }
});
