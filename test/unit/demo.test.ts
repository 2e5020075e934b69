import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { chooseEngine, findPulumi, pathFor } from "../../demo/engine.js";
import { outcomeLines } from "../../demo/stack.js";

const folder = mkdtempSync(join(tmpdir(), "hostnet-unit-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Puts a program that does nothing at a path under the test's folder. */
function install(...path: string[]): string {
  const file = join(folder, ...path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "#!/bin/sh\n");
  chmodSync(file, 0o755);
  return file;
}

describe("the engine of the demo", () => {
  const nowhere = { PATH: join(folder, "empty"), PULUMI_HOME: join(folder, "none") };
  const cli = install("cli/pulumi");

  it("is the Pulumi CLI that PULUMI_BIN names, as a file or its folder, before one on PATH", () => {
    const other = install("other/pulumi");
    expect(findPulumi({ ...nowhere, PULUMI_BIN: cli, PATH: join(folder, "other") })).toBe(cli);
    expect(findPulumi({ ...nowhere, PULUMI_BIN: join(folder, "cli") })).toBe(cli);
    expect(findPulumi({ ...nowhere, PATH: join(folder, "other") })).toBe(other);
  });

  it("is the newest of those that PULUMI_HOME keeps", () => {
    install("home/versions/3.99.0/bin/pulumi");
    const newest = install("home/versions/3.248.0/bin/pulumi");
    expect(findPulumi({ ...nowhere, PULUMI_HOME: join(folder, "home") })).toBe(newest);
  });

  it("is our own when that is asked for, whatever is installed", () => {
    const engine = chooseEngine("embedded", { ...nowhere, PULUMI_BIN: cli });
    expect(engine.kind).toBe("embedded");
    expect(engine.command.join(" ")).toMatch(/dist\/hostnet\.js$/);
    expect(pathFor(engine, "/usr/bin")).toBe("/usr/bin");
  });

  it("finds its language plugin beside itself when it is the CLI", () => {
    const engine = chooseEngine("pulumi", { ...nowhere, PULUMI_BIN: cli });
    expect(pathFor(engine, "/usr/bin")).toBe(`${join(folder, "cli")}:/usr/bin`);
  });

  it("is never guessed from a wrong flag", () => {
    expect(() => chooseEngine("terraform", nowhere)).toThrow("--engine takes pulumi or embedded");
  });
});

it("of an engine's output, what became of each resource and the counts are shown", () => {
  const output = [
    "Updating (demo):",
    "",
    " +  pulumi-nodejs:dynamic/hostnet:Bridge home creating (0s) ",
    "@ updating....",
    " +  pulumi-nodejs:dynamic/hostnet:Bridge home created (0.42s) ",
    " ~  pulumi-nodejs:dynamic/hostnet:VethPair leah update ",
    "Resources:",
    "    + 1 created",
    "    9 unchanged",
    "Duration: 2s",
  ].join("\n");
  expect(outcomeLines(output)).toEqual([
    " +  hostnet:Bridge home created (0.42s)",
    " ~  hostnet:VethPair leah update",
    "    + 1 created",
    "    9 unchanged",
  ]);
});
