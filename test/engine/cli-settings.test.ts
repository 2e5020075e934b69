import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DeploymentRequest } from "../../engine/model/types.js";
import { fakeDeploy, makeWorld, secret, snapshotOf } from "./cli-world.js";

async function stack(env: Record<string, string> = {}) {
  const world = makeWorld(env);
  await world.hostnet("stack", "init", "dev");
  return world;
}

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
