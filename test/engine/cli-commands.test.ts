import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DeploymentRequest } from "../../engine/types.js";
import { fakeDeploy, makeWorld, secret, snapshotOf } from "./cli-world.js";

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

test("the preview of a destroy touches nothing and names what is protected", async () => {
  const world = await stack();
  const urn = "urn:pulumi:dev::shop::a:b:C::home";
  const save = (protect: boolean) =>
    fakeDeploy(async (request) => {
      await request.save(snapshotOf({}, { urn, custom: false, type: "a:b:C", protect }));
      return {};
    });
  world.deploy = save(false);
  await world.hostnet("up", "-yf");
  world.deploy = fakeDeploy(() => expect.unreachable("a preview of destroy asks no provider"));
  const { code, out } = await world.hostnet("destroy", "--preview-only");
  expect([code, out]).toEqual([0, expect.stringContaining("Resources:\n    - 2 to delete\n")]);
  world.deploy = save(true);
  await world.hostnet("up", "-yf");
  world.deploy = fakeDeploy(() => expect.unreachable("a protected resource stays"));
  expect(await world.hostnet("destroy", "--yes")).toMatchObject({ code: 1, out: expect.stringContaining("protected") });
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

test("configuration arrives as the CLI hands it over", async () => {
  const world = await stack();
  const { PassphraseCrypter } = await import("../../engine/state/passphrase.js");
  const settings = `${world.project}/Pulumi.dev.yaml`;
  const salt = /encryptionsalt: (\S+)/.exec(readFileSync(settings, "utf8"))![1]!;
  const sealed = (await PassphraseCrypter.open("pass", salt)).encrypt("geheim");
  writeFileSync(
    `${world.project}/Pulumi.yaml`,
    "name: shop\nruntime: nodejs\nconfig:\n  zone: eu\n  color: { default: blue }\n",
  );
  writeFileSync(
    settings,
    `# mine\nencryptionsalt: ${salt}\nconfig:\n  size: 1.10\n  on: true\n  other:key: x\n  color: red\n  list: [{ b: 1, a: "<" }]\n  token:\n    secure: ${sealed}\n  deep:\n    inner:\n      secure: ${sealed}\n`,
  );
  let request: DeploymentRequest | undefined;
  world.deploy = fakeDeploy((given) => {
    request = given;
    return {};
  });
  const { code, out } = await world.hostnet("preview", "--json", "--parallel", "3", "--refresh");
  expect(code).toBe(0);
  expect(request).toMatchObject({
    operation: "preview",
    stack: "dev",
    organization: "organization",
    parallel: 3,
    refresh: true,
  });
  expect(request!.config).toEqual({
    "shop:zone": "eu",
    "shop:color": "red",
    "shop:size": "1.10",
    "shop:on": "true",
    "other:key": "x",
    "shop:list": '[{"a":"\\u003c","b":1}]',
    "shop:token": "geheim",
    "shop:deep": '{"inner":"geheim"}',
  });
  expect(request!.secretKeys).toEqual(["shop:token", "shop:deep"]);
  expect(JSON.parse(out).config["shop:token"]).toBe("[secret]");
  expect(out).not.toContain("geheim");
});

test("passphrases: wrong, missing, from a file, and a salt for a stack without one", async () => {
  const world = await stack();
  world.env.PULUMI_CONFIG_PASSPHRASE = "wrong";
  expect(await world.hostnet("preview")).toMatchObject({
    code: 1,
    err: expect.stringContaining("incorrect passphrase"),
  });
  delete world.env.PULUMI_CONFIG_PASSPHRASE;
  expect((await world.hostnet("preview")).err).toContain("passphrase must be set with PULUMI_CONFIG_PASSPHRASE");
  writeFileSync(`${world.home}/phrase`, "pass\n");
  world.env.PULUMI_CONFIG_PASSPHRASE_FILE = `${world.home}/phrase`;
  expect((await world.hostnet("preview")).code).toBe(0);
  const settings = `${world.project}/Pulumi.dev.yaml`;
  writeFileSync(settings, "# a comment\nconfig:\n  shop:a: b # why\n");
  expect((await world.hostnet("preview")).code).toBe(0);
  expect(readFileSync(settings, "utf8")).toMatch(/^# a comment\nconfig:\n {2}shop:a: b # why\nencryptionsalt: v1:/);
  writeFileSync(settings, "secretsprovider: awskms://x\n");
  expect((await world.hostnet("preview")).err).toContain('secretsprovider "awskms://x"');
});

test("backends: a project's own, the CLI's login, and what we can't do", async () => {
  const world = makeWorld();
  delete world.env.PULUMI_BACKEND_URL;
  expect((await world.hostnet("stack", "init", "a")).code).toBe(0);
  expect(existsSync(`${world.home}/.pulumi/stacks/shop/a.json`)).toBe(true);
  writeFileSync(`${world.home}/.pulumi/credentials.json`, JSON.stringify({ current: "https://api.pulumi.com" }));
  expect((await world.hostnet("stack", "ls")).err).toContain(
    'backend "https://api.pulumi.com": hostnet keeps its state in a folder',
  );
  mkdirSync(`${world.project}/here`);
  writeFileSync(
    `${world.project}/Pulumi.yaml`,
    "name: shop\nruntime:\n  name: nodejs\nbackend:\n  url: file://./here\n",
  );
  expect((await world.hostnet("stack", "init", "b")).code).toBe(0);
  expect(existsSync(`${world.project}/here/.pulumi/stacks/shop/b.json`)).toBe(true);
  writeFileSync(`${world.project}/Pulumi.yaml`, "name: shop\nruntime: python\n");
  expect((await world.hostnet("preview")).err).toContain('runtime "python"');
});

test("the project is found from a folder below it, and --cwd leads to it", async () => {
  const world = await stack();
  mkdirSync(`${world.project}/src/deep`, { recursive: true });
  world.deploy = fakeDeploy(({ project }) => {
    expect(project.root).toBe(world.project);
    return {};
  });
  expect((await world.hostnet("-C", "src/deep", "preview")).code).toBe(0);
  expect((await world.hostnet("preview", "--cwd", `${world.project}/src`)).code).toBe(0);
  expect(await world.hostnet("-C", "/nowhere", "preview")).toMatchObject({
    code: 1,
    err: expect.stringContaining("chdir /nowhere"),
  });
});

test("outputs: a table, JSON, one of them, and none", async () => {
  const world = await stack();
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(snapshotOf({ url: "http://x", list: [1, { a: true }], token: secret({ k: "v" }) }));
    return {};
  });
  expect((await world.hostnet("stack", "output")).out).toBe(
    "Current stack outputs (0):\n    No output values currently in this stack\n",
  );
  await world.hostnet("up", "-yf");
  expect((await world.hostnet("stack", "output")).out).toBe(
    'Current stack outputs (3):\n    OUTPUT  VALUE\n    list    [1,{"a":true}]\n    token   [secret]\n    url     http://x\n',
  );
  expect((await world.hostnet("stack", "output", "url")).out).toBe("http://x\n");
  expect((await world.hostnet("stack", "output", "url", "--json")).out).toBe('"http://x"\n');
  expect(JSON.parse((await world.hostnet("stack", "output", "--json", "--show-secrets")).out).token).toEqual({
    k: "v",
  });
  expect(await world.hostnet("stack", "output", "nope")).toMatchObject({
    code: 1,
    err: expect.stringContaining("does not have output property 'nope'"),
  });
});
