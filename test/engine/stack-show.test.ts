import { hostname } from "node:os";
import { expect, test } from "vitest";
import type { ResourceState } from "../../engine/model/types.js";
import { fakeDeploy, makeWorld, secret, snapshotOf, stackUrn } from "./cli-world.js";

const urn = (type: string, name: string) => `urn:pulumi:dev::shop::${type}::${name}`;
const resource = (type: string, name: string, more: Partial<ResourceState> = {}): ResourceState => ({
  urn: urn(type, name),
  type: type.split("$").at(-1)!,
  custom: false,
  ...more,
});

const COMPONENT = resource("shop:Cart", "cart", { parent: stackUrn });
const RESOURCES = [
  resource("pulumi:providers:pulumi-nodejs", "default", { custom: true, id: "p" }),
  COMPONENT,
  resource("shop:Cart$shop:Item", "pen", { parent: COMPONENT.urn, custom: true, id: "42" }),
  resource("shop:Item", "book", { parent: stackUrn, custom: true, id: "43" }),
];

async function withStack(resources: ResourceState[]) {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  world.deploy = fakeDeploy(async ({ save }) => {
    const snapshot = snapshotOf({ url: "http://x", list: [1], token: secret("hush") }, ...resources);
    await save({ ...snapshot, manifest: { ...snapshot.manifest, version: "v3.248.0" } });
    return {};
  });
  await world.hostnet("up", "-yf");
  return world;
}

/** As the Pulumi CLI 3.260.0 prints it. */
const TREE = `Current stack resources (5):
    TYPE                               NAME
    pulumi:pulumi:Stack                shop-dev
    ├─ shop:Cart                       cart
    │  └─ shop:Item                    pen
    ├─ shop:Item                       book
    └─ pulumi:providers:pulumi-nodejs  default
`;
const OUTPUTS = `Current stack outputs (3):
    OUTPUT  VALUE
    list    [1]
    token   [secret]
    url     http://x
`;

test("stack shows its resources as a tree, and its outputs without their secrets", async () => {
  const world = await withStack(RESOURCES);
  const { code, out } = await world.hostnet("stack");
  expect(code).toBe(0);
  expect(out).toMatch(
    new RegExp(
      `^Current stack is dev:\n    Managed by ${hostname()}\n    Last updated: \\d+ days ago \\(2026-01-01T00:00:00Z\\)\n    Pulumi version used: 3\\.248\\.0\n`,
    ),
  );
  expect(out).toContain(`${TREE}\n${OUTPUTS}\nUse \`hostnet stack select\``);
  expect((await world.hostnet("stack", "--show-secrets")).out).toContain("    token   hush\n");
});

test("stack names what asks for it: URNs, ids, or the stack alone", async () => {
  const world = await withStack(RESOURCES);
  expect((await world.hostnet("stack", "-iu")).out).toContain(`
    ├─ shop:Cart                       cart
    │  │  URN: ${COMPONENT.urn}
    │  └─ shop:Item                    pen
    │        URN: ${RESOURCES[2]!.urn}
    │        ID: 42
    ├─ shop:Item                       book
    │     URN: ${RESOURCES[3]!.urn}
    │     ID: 43
`);
  expect((await world.hostnet("stack", "--show-name")).out).toBe("dev\n");
  expect(await world.hostnet("stack", "-s", "gone")).toMatchObject({ code: 6, out: "" });
});

test("a stack that was never deployed says so", async () => {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  const { out } = await world.hostnet("stack");
  expect(out).toContain("No updates yet; run `hostnet up`");
  expect(out).toContain("Current stack resources (0):\n    No resources currently in this stack\n");
});

test.each(["stack", "config"])("%s refuses a subcommand that it doesn't have", async (command) => {
  const world = await withStack([]);
  const { code, out, err } = await world.hostnet(command, "lst");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(
    new RegExp(`unknown command "lst" for "hostnet ${command}"; it has .*${command === "stack" ? "ls" : "set"}`),
  );
});

test("a flag is a subcommand's too, before it and behind it", async () => {
  const world = await withStack(RESOURCES);
  await world.hostnet("stack", "init", "other");
  for (const argv of [
    ["-s", "dev", "--show-secrets", "output", "token"],
    ["output", "token", "--show-secrets", "-s", "dev"],
  ])
    expect(await world.hostnet("stack", ...argv)).toMatchObject({ code: 0, out: "hush\n" });
});
