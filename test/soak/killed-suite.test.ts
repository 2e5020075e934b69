import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { compiled, repositoryRoot } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";

/** It makes projects, stacks, namespaces and servers, one after the other. */
const SUITE = ["test/program/examples.test.ts"];

/** The names of all files of this clone, but for what is installed. */
const tree = (): string[] =>
  readdirSync(repositoryRoot)
    .filter((name) => name !== "node_modules" && name !== ".git")
    .flatMap((name) => [name, ...inside(name)]);

function inside(name: string): string[] {
  try {
    return readdirSync(join(repositoryRoot, name), { recursive: true, encoding: "utf8" }).map((path) =>
      join(name, path),
    );
  } catch {
    return []; // a file
  }
}

/** The command lines of the processes whose environment has a text. */
const processesWith = (text: string): string[] =>
  readdirSync("/proc").flatMap((pid) => {
    try {
      const has = /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(text);
      return has ? [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
    } catch {
      return []; // it has ended
    }
  });

it("a run of the tests that comes to its end says what it came to, and leaves nothing either", async () => {
  const temporary = mkdtempSync(join(tmpdir(), "whole-"));
  const { exitCode, stdout } = await execa(
    process.execPath,
    [compiled("sandbox/test.js"), "--tier=rest", "--project=unit", "test/unit/eligible.test.ts"],
    { env: { TMPDIR: temporary }, reject: false },
  );
  expect({ exitCode, lastLine: stdout.split("\n").at(-1) }).toEqual({
    exitCode: 0,
    lastLine: expect.stringMatching(/^[1-9]\d* passed, 0 failed, 0 skipped$/),
  });
  expect(stdout).toContain("unit: test/unit/eligible.test.ts");
  expect(readdirSync(temporary)).toEqual([]);
  rmSync(temporary, { recursive: true });
});

it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "a run of the tests that ends by %s leaves no process, no file in the clone and none in the temporary folder",
  async (signal) => {
    const temporary = mkdtempSync(join(tmpdir(), "killed-"));
    const before = tree();
    const runner = execa(
      process.execPath,
      [compiled("sandbox/test.js"), "--tier=rest", "--project=program", ...SUITE],
      {
        env: { TMPDIR: temporary },
        reject: false,
      },
    );
    const underWay = () =>
      readdirSync(temporary, { recursive: true }).some((name) => /backend.*\.json$/.test(String(name)));
    await expect.poll(underWay, { timeout: stretched(60_000), interval: 50 }).toBe(true);
    process.kill(runner.pid!, signal);
    await runner;
    await expect.poll(() => readdirSync(temporary), { timeout: stretched(20_000) }).toEqual([]);
    await expect.poll(() => processesWith(temporary), { timeout: stretched(20_000) }).toEqual([]);
    expect(tree()).toEqual(before);
    rmSync(temporary, { recursive: true });
  },
);
