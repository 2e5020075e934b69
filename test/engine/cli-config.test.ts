import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeWorld } from "./cli-world.js";

async function stack() {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  const file = join(world.project, "Pulumi.dev.yaml");
  return { ...world, file, settings: () => readFileSync(file, "utf8"), world };
}

test("config set, get, list and rm keep the rest of the settings as they are", async () => {
  const { hostnet, file, settings } = await stack();
  writeFileSync(file, `${settings()}# ours\nconfig:\n  shop:zone: eu # near\n  other:key: x\n`);
  expect((await hostnet("config", "set", "size", "1.10")).code).toBe(0);
  expect((await hostnet("config", "set", "zone", "us")).code).toBe(0);
  expect((await hostnet("config", "rm", "other:key")).code).toBe(0);
  expect(settings()).toMatch(/# ours\nconfig:\n {2}shop:zone: us( # near)?\n {2}shop:size: "1.10"\n$/);
  expect((await hostnet("config", "get", "size")).out).toBe("1.10\n");
  expect((await hostnet("config")).out).toBe("KEY   VALUE\nsize  1.10\nzone  us\n");
  expect(await hostnet("config", "get", "none")).toMatchObject({
    code: 1,
    err: "error: configuration key 'none' not found for stack 'dev'\n",
  });
  await hostnet("config", "rm", "zone");
  await hostnet("config", "rm", "size");
  expect(settings()).not.toContain("config:");
});

test("a secret is never written, nor shown unasked, in the clear", async () => {
  const { hostnet, settings, world } = await stack();
  expect((await hostnet("config", "set", "token", "geheim", "--secret")).code).toBe(0);
  expect(settings()).toMatch(/shop:token:\n {4}secure: v1:/);
  expect(settings()).not.toContain("geheim");
  world.input = "from a pipe\n";
  expect((await hostnet("config", "set", "--secret", "piped")).code).toBe(0);
  expect((await hostnet("config", "get", "token")).out).toBe("geheim\n");
  expect(JSON.parse((await hostnet("config", "get", "piped", "--json")).out)).toEqual({
    name: "shop:piped",
    value: "from a pipe",
    secret: true,
  });
  delete world.env.PULUMI_CONFIG_PASSPHRASE;
  expect((await hostnet("config")).out).toBe("KEY    VALUE\npiped  [secret]\ntoken  [secret]\n");
  expect(JSON.parse((await hostnet("config", "--json")).out)).toEqual({
    "shop:piped": { secret: true },
    "shop:token": { secret: true },
  });
  expect((await hostnet("config", "get", "token")).err).toContain("passphrase must be set");
  writeFileSync(join(world.home, "phrase"), "pass\n");
  world.env.PULUMI_CONFIG_PASSPHRASE_FILE = join(world.home, "phrase");
  expect((await hostnet("config", "--show-secrets")).out).toContain("token  geheim\n");
});

test.each([
  ["integer", "{ type: integer }", "abc", "must be of type 'integer'"],
  ["boolean", "{ type: boolean }", "yes", "must be of type 'boolean'"],
  ["list", "{ type: array, items: { type: integer } }", "[1, a]", "must be of type 'array<integer>'"],
  ["map", "{ type: object }", "[1]", "must be of type 'object'"],
  ["secret", "{ type: string, secret: true }", "plain", "must be encrypted as it's secret"],
  [
    "a default of another type",
    "{ type: integer, default: x }",
    "1",
    'config "shop:k": the default "x" is not of type integer',
  ],
  ["a type that there isn't", "{ type: number }", "1", 'config "shop:k": type "number" must be one of string, integer'],
  [
    "a list of nothing said",
    "{ type: array }",
    "[1]",
    'config "shop:k": an array must say of what type its "items" are',
  ],
])(
  "what is configured against the project file is refused before anything is done: %s",
  async (_, type, value, why) => {
    const { hostnet, file, settings, world } = await stack();
    world.deploy = () => Promise.reject(new Error("deployed"));
    writeFileSync(file, `${settings()}config:\n  shop:k: ${value}\n`);
    writeFileSync(join(world.project, "Pulumi.yaml"), `name: shop\nruntime: nodejs\nconfig:\n  k: ${type}\n`);
    const { code, err } = await hostnet("up", "--yes", "--stack", "dev");
    expect([code, err]).toEqual([1, expect.stringContaining(why)]);
  },
);

test("what is configured as the project file says is taken", async () => {
  const { hostnet, file, settings, world } = await stack();
  const types = [
    "{ type: integer }",
    '{ type: boolean, default: "true" }',
    "{ type: array, items: { type: string } }",
    "{ type: string }",
  ];
  const entries = types.map((type, at) => `  k${at}: ${type}\n`).join("");
  writeFileSync(join(world.project, "Pulumi.yaml"), `name: shop\nruntime: nodejs\nconfig:\n${entries}`);
  writeFileSync(file, `${settings()}config:\n  shop:k0: "7"\n  shop:k2: [a]\n  shop:k3: "8"\n`);
  expect((await hostnet("up", "--yes", "--stack", "dev")).code).toBe(0);
});

test("a program that isn't there is refused before anything is done, and can be destroyed", async () => {
  const { hostnet, world } = await stack();
  writeFileSync(join(world.project, "Pulumi.yaml"), "name: shop\nruntime: nodejs\nmain: built/\n");
  for (const operation of ["up", "preview"]) {
    const { code, err } = await hostnet(operation, "--stack", "dev", ...(operation === "up" ? ["--yes"] : []));
    expect([code, err]).toEqual([1, expect.stringContaining('main "built/": there is no such file or folder in')]);
  }
  expect((await hostnet("destroy", "--yes", "--stack", "dev")).code).toBe(0);
});

test("what stands beside a value keeps its comments and its form", async () => {
  const { world } = await stack();
  const file = join(world.project, "Pulumi.dev.yaml");
  const salt = readFileSync(file, "utf8");
  const config = `config:
  # ours
  shop:a:
    # why
    b: [1, 2] # flow
    1: one
    c:
      - x # first
      - y
`;
  writeFileSync(file, salt + config);
  await world.hostnet("config", "set", "--path", "a.c[1]", "z");
  await world.hostnet("config", "set", "--path", "a.b[0]", "7");
  await world.hostnet("config", "set", "--path", "a.1", "uno");
  await world.hostnet("config", "set", "--path", "a.d.e", "new");
  expect(readFileSync(file, "utf8")).toBe(
    `${salt + config.replace("- y", "- z").replace("[1, 2]", "[ 7, 2 ]").replace("1: one", "1: uno")}    d:\n      e: new\n`,
  );
  for (const path of ["a.d", "a.b", "a.1", "a.c[0]"]) await world.hostnet("config", "rm", "--path", path);
  expect(readFileSync(file, "utf8")).toContain("  shop:a:\n");
  expect((await world.hostnet("config", "get", "a")).out).toBe('{"c":["z"]}\n');
});

test("a value from a pipe keeps its lines, and with --raw its end", async () => {
  const { world } = await stack();
  world.input = "x\ny\n";
  await world.hostnet("config", "set", "--path", "a.pem");
  await world.hostnet("config", "set", "--raw", "raw");
  expect((await world.hostnet("config", "get", "--path", "a.pem")).out).toBe("x\ny\n");
  expect((await world.hostnet("config", "get", "raw")).out).toBe("x\ny\n\n");
});
