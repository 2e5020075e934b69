import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SnapshotManager } from "../../engine/deployment/snapshot.js";
import type { ResourceState, Snapshot } from "../../engine/model/types.js";
import { integrityProblem } from "../../engine/state/integrity.js";
import { fakeDeploy, makeWorld, snapshotOf, stackUrn } from "./cli-world.js";

const bridge = (name: string, more: object = {}) => ({
  urn: `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/hostnet:Bridge::${name}`,
  type: "pulumi-nodejs:dynamic/hostnet:Bridge",
  custom: false,
  ...more,
});

async function withState(text: string | object) {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  writeFileSync(world.stackFile(), typeof text === "string" ? text : JSON.stringify(text));
  return world;
}

const checkpoint = (latest: object, more: object = {}) => ({
  version: 3,
  checkpoint: { stack: "organization/shop/dev", latest: { ...snapshotOf({}), ...latest } },
  ...more,
});

test("a new stack is laid out as the CLI lays it out", async () => {
  const world = makeWorld();
  const { code, err } = await world.hostnet("stack", "init", "dev");
  expect([code, err]).toEqual([0, "Created stack 'dev'\n"]);
  expect(readFileSync(world.file("meta.yaml"), "utf8")).toBe("version: 1\n");
  expect(JSON.parse(readFileSync(world.stackFile(), "utf8"))).toEqual({
    version: 3,
    checkpoint: { stack: "organization/shop/dev" },
  });
  expect(readFileSync(`${world.project}/Pulumi.dev.yaml`, "utf8")).toMatch(/^encryptionsalt: v1:\S+=:v1:\S+:\S+=*\n$/);
  expect((await world.hostnet("stack", "init", "dev")).err).toContain("stack 'organization/shop/dev' already exists");
});

test("keys of the state that we don't know are there after an up", async () => {
  const world = await withState(
    checkpoint(
      {
        metadata: { later: 1 },
        extensions: { a: {} },
        resources: [{ ...snapshotOf({}).resources[0], snippetID: "s" }],
      },
      { future: true },
    ),
  );
  world.deploy = fakeDeploy(async ({ save, base }) => {
    // Even when the engine forgets what it doesn't know.
    const { manifest, resources } = base!;
    await save({ manifest, resources: [...resources, bridge("home")] });
    return {};
  });
  expect((await world.hostnet("up", "-yf")).code).toBe(0);
  const written = JSON.parse(readFileSync(world.stackFile(), "utf8"));
  expect(written.future).toBe(true);
  expect(written.checkpoint.latest).toMatchObject({ metadata: { later: 1 }, extensions: { a: {} } });
  expect(written.checkpoint.latest.resources[0].snippetID).toBe("s");
  expect(written.checkpoint.latest.secrets_providers.type).toBe("passphrase");
  const backup = JSON.parse(readFileSync(`${world.stackFile()}.bak`, "utf8"));
  expect(backup.checkpoint.latest.resources).toHaveLength(1);
});

test.each([
  [
    "features",
    checkpoint({}, { version: 4, features: ["snippets"] }),
    /needs the features snippets; use the Pulumi CLI/,
  ],
  ["a version from the future", checkpoint({}, { version: 5 }), /unknown version 5/],
  ["an old version", checkpoint({}, { version: 2 }), /old version 2; let a Pulumi CLI rewrite it/],
  ["half a file", '{"version":3,"check', /is not JSON .*dev\.json\.bak/],
  ["another secrets provider", checkpoint({ secrets_providers: { type: "awskms" } }), /provider "awskms"/],
  [
    "a dangling reference",
    checkpoint({ resources: [bridge("home", { dependencies: [stackUrn] })] }),
    /snapshot integrity failure; refusing to use it: .*home's dependency .*shop-dev is missing/,
  ],
])("%s is refused, and the file stays as it is", async (_name, content, message) => {
  const world = await withState(content);
  const before = readFileSync(world.stackFile());
  world.deploy = fakeDeploy(() => expect.unreachable("the engine must not start"));
  const { code, err } = await world.hostnet("up", "-yf");
  expect(code).toBe(1);
  expect(err).toMatch(message);
  expect(readFileSync(world.stackFile())).toEqual(before);
});

test("compressed state and the layout of old are refused with the cure", async () => {
  const world = makeWorld();
  mkdirSync(world.file("stacks", "shop"), { recursive: true });
  writeFileSync(world.file("meta.yaml"), "version: 1\n");
  writeFileSync(`${world.stackFile()}.gz`, "");
  expect((await world.hostnet("preview", "-s", "dev")).err).toContain("unset PULUMI_DIY_BACKEND_GZIP");
  const legacy = makeWorld();
  mkdirSync(legacy.file("stacks"), { recursive: true });
  writeFileSync(legacy.file("stacks", "dev.json"), "{}");
  expect((await legacy.hostnet("stack", "ls")).err).toContain("pulumi state upgrade");
  expect(existsSync(legacy.file("meta.yaml"))).toBe(false);
});

test("each operation that changes something goes into history, with sealed configuration", async () => {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  writeFileSync(
    `${world.project}/Pulumi.dev.yaml`,
    `${readFileSync(`${world.project}/Pulumi.dev.yaml`)}config:\n  size: 3\n`,
  );
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(snapshotOf({}));
    return { status: "failed", changes: { create: 1 } };
  });
  await world.hostnet("up", "-yf", "--message", "why");
  await world.hostnet("preview");
  const files = readdirSync(world.file("history", "shop", "dev"));
  expect(files.map((name) => name.replace(/\d+/, "N")).sort()).toEqual(["dev-N.checkpoint.json", "dev-N.history.json"]);
  const entry = JSON.parse(
    readFileSync(world.file("history", "shop", "dev", files.find((name) => name.includes("history"))!), "utf8"),
  );
  expect(entry).toMatchObject({
    kind: "update",
    message: "why",
    result: "failed",
    resourceChanges: { create: 1 },
    config: { "shop:size": "3" },
  });
  expect(readdirSync(world.file("backups", "shop", "dev"))).toHaveLength(1);
});

test("saves that come while one is written are written as one, and the last wins", async () => {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  world.deploy = fakeDeploy(async ({ save }) => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => save(snapshotOf({ n }))));
    return {};
  });
  await world.hostnet("up", "-yf");
  const { checkpoint } = JSON.parse(readFileSync(world.stackFile(), "utf8"));
  expect(checkpoint.latest.resources[0].outputs.n).toBe(49);
});

test("each write holds what has changed, in resources and in what is pending, and what has not", async () => {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  const home = { ...bridge("home"), outputs: { mtu: 1500 } };
  const states = [
    snapshotOf({ grüße: "€" }, home),
    { ...snapshotOf({}, home), pending_operations: [{ type: "updating" as const, resource: home }] },
    snapshotOf({}, { ...home, outputs: { mtu: 9000 } }),
    { ...snapshotOf({}), resources: [] },
  ];
  const found: object[] = [];
  world.deploy = fakeDeploy(async ({ save }) => {
    for (const state of states) {
      await save(state);
      found.push(JSON.parse(readFileSync(world.stackFile(), "utf8")).checkpoint.latest);
    }
    return {};
  });
  expect(await world.hostnet("up", "-yf")).toMatchObject({ code: 0 });
  const written = (one: object) => ({
    resources: undefined,
    metadata: {},
    secrets_providers: expect.anything(),
    ...one,
  });
  expect(found).toEqual([...states.slice(0, 3), { manifest: states[3]!.manifest }].map(written));
});

test("a run writes what its steps have changed in a resource that it had written before", async () => {
  const saved: Snapshot[] = [];
  const [root] = snapshotOf({}).resources;
  const state: ResourceState = { ...bridge("home"), outputs: { mtu: 1500 } };
  const manager = new SnapshotManager([root!, state], undefined, async (snapshot) => void saved.push(snapshot));
  await manager.write();
  await manager.write();
  state.outputs = { mtu: 9000 };
  await manager.write();
  state.delete = true;
  await manager.write();
  expect(saved.map(({ resources }) => resources[1])).toEqual([
    { ...bridge("home"), outputs: { mtu: 1500 } },
    { ...bridge("home"), outputs: { mtu: 1500 } },
    { ...bridge("home"), outputs: { mtu: 9000 } },
    { ...bridge("home"), outputs: { mtu: 9000 }, delete: true },
  ]);
  // By that its text is known.
  expect(saved[1]!.resources).toEqual(saved[0]!.resources.map((same) => expect.toSatisfy((one) => one === same)));
});

test("a state out of order is written, for nothing may be forgotten, and then complained about", async () => {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(snapshotOf({}, bridge("home", { parent: "urn:gone" })));
    return {};
  });
  const { code, err } = await world.hostnet("up", "-yf");
  expect([code, err]).toEqual([1, expect.stringContaining("it was already written, but is invalid")]);
  expect(readFileSync(world.stackFile(), "utf8")).toContain("urn:gone");
});

test("a copy that waits for its deletion isn't a resource twice", () => {
  expect(integrityProblem(snapshotOf({}, bridge("home"), bridge("home", { delete: true })).resources)).toBeUndefined();
  expect(integrityProblem(snapshotOf({}, bridge("home"), bridge("home")).resources)).toContain("duplicate resource");
  expect(integrityProblem(snapshotOf({}, bridge("home", { custom: true, provider: "urn:p::1" })).resources)).toContain(
    "provider",
  );
});
