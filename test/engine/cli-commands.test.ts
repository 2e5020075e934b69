import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fakeDeploy, makeWorld, snapshotOf } from "./cli-world.js";

async function stack(env: Record<string, string> = {}) {
  const world = makeWorld(env);
  await world.hostnet("stack", "init", "dev");
  return world;
}

test("unknown flags and commands end with 1 and say what is wrong", async () => {
  const { hostnet } = makeWorld();
  expect(await hostnet("up", "--nope")).toMatchObject({
    code: 1,
    err: expect.stringContaining("error: unknown flag: --nope"),
  });
  expect(await hostnet("upp")).toMatchObject({
    code: 1,
    err: expect.stringContaining('unknown command "upp" for "hostnet"'),
  });
  expect(await hostnet("up", "--parallel", "0")).toMatchObject({ code: 1, err: expect.stringContaining("--parallel") });
  expect(await hostnet("--help")).toMatchObject({ code: 0, out: expect.stringContaining("destroy|down") });
  expect(await hostnet("--version")).toMatchObject({ code: 0, out: "0.1.0\n" });
});

test("nothing is changed unasked: exit codes as the CLI's", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(() => expect.unreachable("nobody said yes"));
  const text =
    "--yes or --skip-preview or --preview-only must be passed in to proceed when running in non-interactive mode";
  for (const [command, code] of [
    ["up", 2],
    ["destroy", 2],
    ["refresh", 1],
  ] as const) {
    expect(await world.hostnet(command)).toMatchObject({ code, err: `error: ${text}\n` });
  }
  expect(await world.hostnet("stack", "rm", "dev")).toMatchObject({
    code: 1,
    err: "error: non-interactive mode requires --yes flag\n",
  });
});

test("at a terminal yes goes on, no and details don't", async () => {
  const world = await stack();
  world.interactive = true;
  const seen: string[] = [];
  world.deploy = fakeDeploy(({ operation }) => {
    seen.push(operation);
    return { changes: { create: 1 } };
  });
  world.answers = ["details", "no"];
  expect(await world.hostnet("up")).toMatchObject({
    code: 1,
    out: expect.stringContaining("confirmation declined, not proceeding with the update"),
  });
  expect(seen).toEqual(["preview"]);
  world.answers = ["yes"];
  expect((await world.hostnet("up")).code).toBe(0);
  expect(seen).toEqual(["preview", "preview", "up"]);
});

test("a failed preview ends it, whatever was said before", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(({ operation }) => (operation === "preview" ? { status: "failed" } : expect.unreachable()));
  expect((await world.hostnet("up", "--yes")).code).toBe(1);
});

test("refresh and destroy are previewed too, without a way to save", async () => {
  const world = await stack();
  const seen: unknown[] = [];
  world.deploy = fakeDeploy(async ({ operation, dryRun, save, base }) => {
    seen.push([operation, dryRun]);
    if (dryRun) await expect(save(base ?? snapshotOf({}))).rejects.toThrow("a preview tried to write the state");
    return { changes: { delete: 2 } };
  });
  for (const operation of ["refresh", "destroy"]) {
    expect(await world.hostnet(operation, "--preview-only")).toMatchObject({
      code: 0,
      out: expect.stringContaining("- 2 to delete\n"),
    });
    expect((await world.hostnet(operation, "--yes")).code).toBe(0);
    expect(seen.splice(0)).toEqual([
      [operation, true],
      [operation, true],
      [operation, undefined],
    ]);
  }
});

test("flags limit an operation to a part of the stack", async () => {
  const world = await stack();
  let scope: unknown;
  world.deploy = fakeDeploy((request) => {
    scope = request.scope;
    return {};
  });
  const flags = ["-t", "a", "--target", "b", "--target-replace", "c", "--replace", "d", "--target-dependents"];
  expect((await world.hostnet("up", "-yf", ...flags)).code).toBe(0);
  expect(scope).toMatchObject({ targets: ["a", "b", "c"], replaces: ["d", "c"], targetDependents: true, excludes: [] });
  expect((await world.hostnet("destroy", "-yf", "-x", "a", "--exclude-dependents")).code).toBe(0);
  expect(scope).toMatchObject({ targets: [], excludes: ["a"], excludeDependents: true });
  expect(await world.hostnet("up", "-yf", "-t", "a", "--exclude", "b")).toMatchObject({
    code: 1,
    err: expect.stringContaining("[exclude target]"),
  });
});

test("--expect-no-changes ends with 7 when something changed", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(() => ({ changes: { update: 1, same: 3 } }));
  expect(await world.hostnet("up", "-yf", "--expect-no-changes")).toMatchObject({
    code: 7,
    err: "error: no changes were expected for update but changes were proposed\n",
  });
  world.deploy = fakeDeploy(() => ({ changes: { same: 3 } }));
  expect((await world.hostnet("preview", "--expect-no-changes")).code).toBe(0);
});

test("the selection is kept where the CLI keeps it", async () => {
  const world = await stack();
  const digest = createHash("sha1").update(`${world.project}/Pulumi.yaml`).digest("hex");
  const file = `${world.home}/.pulumi/workspaces/shop-${digest}-workspace.json`;
  const selected = () => JSON.parse(readFileSync(file, "utf8")).stacks;
  expect(selected()).toEqual({ [world.env.PULUMI_BACKEND_URL!]: "organization/shop/dev" });
  await world.hostnet("stack", "init", "other", "--no-select");
  expect(Object.values(selected())).toEqual(["organization/shop/dev"]);
  await world.hostnet("stack", "select", "other");
  expect(Object.values(selected())).toEqual(["organization/shop/other"]);
  expect((await world.hostnet("stack", "ls", "--json")).out).toContain('"name": "other",\n    "current": true');
  expect((await world.hostnet("stack", "rm", "--yes")).code).toBe(0);
  expect(existsSync(file)).toBe(false);
  expect(existsSync(`${world.project}/Pulumi.other.yaml`)).toBe(false);
  expect(await world.hostnet("up", "-yf")).toMatchObject({
    code: 1,
    err: expect.stringContaining("no stack selected"),
  });
  world.env.PULUMI_STACK = "dev";
  expect((await world.hostnet("up", "-yf")).code).toBe(0);
  expect(await world.hostnet("up", "-yf", "-s", "nope")).toMatchObject({
    code: 6,
    err: expect.stringContaining("no stack named 'nope' found"),
  });
  expect((await world.hostnet("stack", "select", "../x")).err).toContain("organization name must be");
  expect((await world.hostnet("stack", "init", "a b")).err).toContain("invalid character ' ' at position 1");
});

test("a stack that still has resources is removed by force only", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(snapshotOf({}, { urn: "urn:pulumi:dev::shop::a:b:C::home", custom: false, type: "a:b:C" }));
    return {};
  });
  await world.hostnet("up", "-yf");
  expect(await world.hostnet("stack", "rm", "-y")).toMatchObject({
    code: 1,
    err: expect.stringContaining("'dev' still has resources"),
  });
  expect((await world.hostnet("stack", "rm", "-y", "--force")).code).toBe(0);
  expect(existsSync(world.stackFile())).toBe(false);
  expect(existsSync(`${world.stackFile()}.bak`)).toBe(true);
});
