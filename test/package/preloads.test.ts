import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { liveArticle } from "./article.js";
import { claim, open, useSandbox } from "./host.js";
import { EFFECTS } from "./preload-effects.js";
import { writeArticle, writeThrowing } from "./programs.js";

useSandbox();

const RELEASES = ["floor", "npm", "newest"] as const;
const onEach = <T extends object>(cases: readonly T[]) =>
  RELEASES.flatMap((release) => cases.map((each) => ({ ...each, release })));

/** Those that make a run quicker and nothing else. */
const QUICKER = [
  ...["cold-code", "held", "lazy-modules", "nothing-for-debugging", "one-frame", "plain-errors", "quick-structs"],
];

/** A resource of another provider than this package's: the SDK's provider process serves it. */
const THING = `
import * as pulumi from "@pulumi/pulumi";
new pulumi.dynamic.Resource({ create: async (inputs) => ({ id: "thing", outs: inputs }) }, "thing", { list: [1, "b"] });
`;

const engineOf = (install: string) => [join(install, "node_modules/.bin/hostnet")];
const fileOf = (install: string, preload: string) =>
  join(install, "node_modules/pulumi-hostnet/dist/engine/preload", `${preload}.cjs`);

/** Runs what the preload of an install does nothing in. */
async function without(install: string, preload: string, run: () => Promise<void>): Promise<void> {
  const file = fileOf(install, preload);
  const text = readFileSync(file);
  try {
    writeFileSync(file, "");
    await run();
  } finally {
    writeFileSync(file, text);
  }
}

claim(
  "on @pulumi/pulumi ($release) $preload has its effect",
  onEach(EFFECTS),
  async (installs, { release, preload, script, without, within }) => {
    const cwd = installs[release];
    const run = async (...before: string[]) =>
      JSON.parse((await execa(process.execPath, [...before, "-e", script], { cwd, reject: false })).stdout) as unknown;
    expect(await run()).toEqual(without);
    expect(await run(`--require=${fileOf(cwd, preload)}`)).toEqual(within);
  },
);

claim(
  "on @pulumi/pulumi ($release) the article comes and goes as ever without $preload",
  onEach(QUICKER.map((preload) => ({ preload }))),
  async (installs, { release, preload }) => {
    const install = installs[release];
    const folder = writeArticle(install, `without-${preload}`, THING);
    await without(install, preload, () => liveArticle(folder, engineOf(install), 11));
  },
);

/** Writes down where any process listens, and how errors are printed. */
const SPY = `
const { appendFileSync } = require("node:fs");
const { Server } = require("node:net");
const util = require("node:util");
const note = (line) => appendFileSync(process.env.SPY, JSON.stringify(line) + "\\n");
const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  note(["listens", Object.keys(args[0] ?? {})]);
  return listen.apply(this, args);
};
const { inspect } = util;
util.inspect = Object.assign((value, options, ...rest) => {
  if (value?.message === "mine") note(["prints", options.colors]);
  return inspect(value, options, ...rest);
}, inspect);
`;

/** What the spy sees in a run, and how that ended. */
async function spied(folder: string, install: string): Promise<{ lines: unknown[]; text: string }> {
  const own = mkdtempSync(join(tmpdir(), "hostnet-spy-"));
  const [spy, notes] = [join(own, "spy.cjs"), join(own, "notes")];
  writeFileSync(spy, SPY);
  const project = await open(folder, engineOf(install), { SPY: notes, NODE_OPTIONS: `--require=${spy}` });
  try {
    const { text } = await project.run("up", "--skip-preview");
    await project.must("destroy");
    const lines = existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : [];
    return { lines: lines.map((line) => JSON.parse(line) as unknown), text };
  } finally {
    project.close();
    rmSync(own, { recursive: true });
  }
}

claim(
  "on @pulumi/pulumi (%s) nothing listens on a port, and a provider that would isn't used",
  RELEASES,
  async (installs, release) => {
    const install = installs[release];
    const folder = writeArticle(install, "spied", THING);
    const { lines, text } = await spied(folder, install);
    expect(text).toMatch(/\+ 11 created/);
    // The engine, and the provider, in each of the two runs.
    expect(lines).toEqual(Array.from({ length: 4 }, () => ["listens", ["path"]]));
    await without(install, "serves-on", async () => {
      expect((await spied(folder, install)).text).toContain("doesn't listen where this engine tells it to");
    });
  },
);

claim(
  "on @pulumi/pulumi (%s) an error of a program is printed without colours",
  RELEASES,
  async (installs, release) => {
    const install = installs[release];
    const folder = writeThrowing(install);
    expect((await spied(folder, install)).lines).toContainEqual(["prints", false]);
    await without(install, "plain-errors", async () => {
      expect((await spied(folder, install)).lines).toContainEqual(["prints", true]);
    });
  },
);
