import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../sandbox/root.js";
import { claim } from "./host.js";
import { LOCKED, pack } from "./setup.js";

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hostnet-published-"));
  tarball = await pack(repositoryRoot, folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const filesIn = async (packed: string) => (await execa("tar", ["-tzf", packed])).stdout.split("\n").sort();

describe("the tarball", () => {
  it.each([
    ["publint", (file: string) => ["run", file, "--strict"], /All good!/],
    ["attw", (file: string) => [file, "--no-color"], /No problems found/],
  ] as const)("has nothing that %s finds wrong", async (tool, words, verdict) => {
    const { all, exitCode } = await execa(tool, words(tarball), {
      cwd: repositoryRoot,
      preferLocal: true,
      reject: false,
      all: true,
    });
    expect(all).toMatch(verdict);
    expect(exitCode).toBe(0);
  });

  it("runs nothing where it is installed", async () => {
    const { stdout } = await execa("tar", ["-xzOf", tarball, "package/package.json"]);
    const { scripts = {} } = JSON.parse(stdout) as { scripts?: Record<string, string> };
    for (const hook of ["preinstall", "install", "postinstall", "prepublish", "prepare"])
      expect(scripts).not.toHaveProperty(hook);
  });

  it("is built anew by `npm pack`, and so by `npm publish`", async () => {
    const clone = join(folder, "clone");
    const made = /^(\.git|node_modules|dist)$/;
    cpSync(repositoryRoot, clone, { recursive: true, filter: (from) => !made.test(basename(from)) });
    symlinkSync(join(repositoryRoot, "node_modules"), join(clone, "node_modules"));
    mkdirSync(join(clone, "dist/sdk"), { recursive: true });
    writeFileSync(join(clone, "dist/sdk/former.js"), "");
    const { stdout } = await execa("npm", ["pack", "--silent", "--pack-destination", clone], { cwd: clone });
    const packed = join(clone, stdout.trim().split("\n").at(-1)!);
    expect(await filesIn(packed)).toEqual(await filesIn(tarball));
  });
});

/** What an install says, but for how many packages it added in what time. */
async function said(npm: string, ...packages: string[]): Promise<string> {
  const place = mkdtempSync(join(folder, "install-"));
  writeFileSync(join(place, "package.json"), JSON.stringify({ name: "said", private: true }));
  const words = ["--yes", npm, "install", "--no-audit", "--no-fund", "--prefer-offline", ...packages];
  const { all } = await execa("npx", words, { cwd: place, all: true });
  expect(readFileSync(join(place, "package.json"), "utf8")).toContain(LOCKED);
  return all.replace(/added \d+ packages in \S+/, "added these packages");
}

claim(
  "installed by %s, it says nothing that its peer @pulumi/pulumi doesn't say by itself",
  ["npm@10", "npm@11"],
  async (_, npm) => {
    const peer = `@pulumi/pulumi@${LOCKED}`;
    const alone = await said(npm, peer);
    expect(alone).toContain("added these packages");
    expect(await said(npm, tarball, peer)).toBe(alone);
  },
);
