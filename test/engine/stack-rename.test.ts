import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ResourceState } from "../../engine/model/types.js";
import { renamed } from "../../engine/state/renaming.js";
import { fakeDeploy, makeWorld, secret, snapshotOf, stackUrn } from "./cli-world.js";

const REFERENCE = { "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e" };
const PROVIDER = "urn:pulumi:dev::shop::pulumi:providers:pulumi-nodejs::default::6f0a";
const urn = (name: string, stack = "dev::shop") => `urn:pulumi:${stack}::a:b:Parent$a:b:C::${name}`;

const one: ResourceState = { urn: urn("one"), custom: false, type: "a:b:C", parent: stackUrn };
const provider: ResourceState = {
  urn: PROVIDER.replace(/::6f0a$/, ""),
  custom: true,
  id: "6f0a",
  type: "pulumi:providers:pulumi-nodejs",
};
/** A resource that names others wherever it can. */
const child: ResourceState = {
  urn: urn("x::y"),
  custom: true,
  type: "a:b:C",
  id: "urn:pulumi:dev::shop::no:urn:OfAny::id",
  parent: stackUrn,
  provider: PROVIDER,
  dependencies: [urn("one")],
  propertyDependencies: { to: [urn("one")], none: null },
  deletedWith: urn("one"),
  replaceWith: [urn("one")],
  aliases: [urn("former"), urn("other", "dev::cart")],
  inputs: { to: { ...REFERENCE, urn: urn("one"), id: "1" }, text: urn("one") },
  outputs: {
    list: [{ deep: { ...REFERENCE, urn: urn("one") } }],
    elsewhere: { ...REFERENCE, urn: urn("z", "prod::cart") },
  },
};

async function stack() {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  await world.hostnet("config", "set", "size", "3");
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(snapshotOf({ open: 1, token: secret("geheim") }, provider, one, child));
    return {};
  });
  expect((await world.hostnet("up", "-yf")).code).toBe(0);
  const stackFile = (name: string, project = "shop") => world.file("stacks", project, `${name}.json`);
  const read = (name: string, project?: string) => JSON.parse(readFileSync(stackFile(name, project), "utf8"));
  return { ...world, world, stackFile, read };
}

test("a stack has another name in its state, its history and its settings, and is selected", async () => {
  const { hostnet, stackFile, read, file, project } = await stack();
  const before = read("dev");
  const [dev, history] = [readFileSync(stackFile("dev"), "utf8"), readdirSync(file("history/shop/dev")).sort()];
  expect(history).toHaveLength(2);
  expect(await hostnet("stack", "rename", "prod")).toEqual({ code: 0, out: "Renamed dev to prod\n", err: "" });

  expect(existsSync(stackFile("dev"))).toBe(false);
  expect(readFileSync(`${stackFile("dev")}.bak`, "utf8")).toBe(dev);
  const after = read("prod");
  expect(after.checkpoint.stack).toBe("organization/shop/prod");
  expect(after.checkpoint.latest.secrets_providers).toEqual(before.checkpoint.latest.secrets_providers);
  expect(after.checkpoint.latest.resources[0]).toEqual({
    ...before.checkpoint.latest.resources[0],
    urn: "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod",
  });
  const now = (name: string) => urn(name, "prod::shop");
  expect(after.checkpoint.latest.resources[1].urn).toBe(provider.urn.replace("dev", "prod"));
  expect(after.checkpoint.latest.resources[3]).toEqual({
    ...child,
    urn: now("x::y"),
    parent: "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod",
    provider: PROVIDER.replace("dev", "prod"),
    dependencies: [now("one")],
    propertyDependencies: { to: [now("one")], none: null },
    deletedWith: now("one"),
    replaceWith: [now("one")],
    aliases: [now("former"), urn("other", "dev::cart")],
    inputs: { to: { ...REFERENCE, urn: now("one"), id: "1" }, text: urn("one") },
    outputs: { ...child.outputs, list: [{ deep: { ...REFERENCE, urn: now("one") } }] },
  });
  expect(readdirSync(file("history/shop/prod")).sort()).toEqual(history.map((name) => name.replace(/^dev-/, "prod-")));
  expect(readdirSync(file("history/shop/dev"))).toEqual([]);
  expect(existsSync(join(project, "Pulumi.dev.yaml"))).toBe(false);
  expect((await hostnet("stack", "--show-name")).out).toBe("prod\n");
  expect((await hostnet("config", "get", "size")).out).toBe("3\n");
  expect((await hostnet("stack", "output", "token", "--show-secrets")).out).toBe("geheim\n");
  expect(
    readdirSync(file("locks/organization/shop"), { recursive: true }).filter((name) => /json/.test(String(name))),
  ).toEqual([]);
});

test("a stack of another project is one of that, and its settings keep their name", async () => {
  const { hostnet, stackFile, read, project } = await stack();
  const asked = await hostnet("stack", "rename", "organization/cart/dev");
  expect(asked).toEqual({ code: 0, out: "Renamed dev to organization/cart/dev\n", err: "" });
  expect(existsSync(stackFile("dev"))).toBe(false);
  expect(read("dev", "cart").checkpoint.latest.resources[0].urn).toBe(
    "urn:pulumi:dev::cart::pulumi:pulumi:Stack::cart-dev",
  );
  expect(existsSync(join(project, "Pulumi.dev.yaml"))).toBe(true);
  writeFileSync(join(project, "Pulumi.yaml"), "name: cart\nruntime: nodejs\n");
  expect((await hostnet("stack", "output", "open", "--stack", "dev")).out).toBe("1\n");
});

test("one that has never been deployed, or has no settings, gets its name too; there and back again it is what it was", async () => {
  const { hostnet, read, world } = await stack();
  const before = read("dev");
  await hostnet("stack", "rename", "prod");
  expect((await hostnet("stack", "rename", "dev")).out).toBe("Renamed prod to dev\n");
  expect(read("dev")).toEqual(before);
  await hostnet("stack", "init", "empty");
  expect((await hostnet("stack", "rename", "full", "--stack", "empty")).out).toBe("Renamed empty to full\n");
  expect(read("full").checkpoint).toEqual({ stack: "organization/shop/full" });
  expect((await world.hostnet("stack", "--show-name")).out).toBe("full\n");
});

test("operations that were under way keep it in their resources", () => {
  const latest = { ...snapshotOf({}), pending_operations: [{ type: "creating" as const, resource: child }] };
  const { pending_operations } = renamed(latest, { project: "shop", name: "dev" }, { project: "shop", name: "prod" });
  expect(pending_operations).toMatchObject([{ type: "creating", resource: { urn: urn("x::y", "prod::shop") } }]);
});

test.each([
  ["its own name", ["dev"], "a stack named dev already exists"],
  ["another stack's", ["taken"], "a stack named taken already exists"],
  ["no name of a stack", ["a b"], "invalid character ' ' at position 1"],
  ["another organization's", ["acme/shop/prod"], "organization name must be 'organization'"],
  ["none", [], "missing required argument 'new-stack-name'"],
  ["one whose settings are there", ["prod"], "Pulumi.prod.yaml is there already"],
])("%s is refused, and nothing is changed", async (_what, names, why) => {
  const { hostnet, read, project, file } = await stack();
  await hostnet("stack", "init", "taken", "--no-select");
  writeFileSync(join(project, "Pulumi.prod.yaml"), "config: {}\n");
  const all = () => readdirSync(file(), { recursive: true }).sort();
  const [state, files] = [read("dev"), all()];
  const refused = await hostnet("stack", "rename", ...names);
  expect(refused.code).not.toBe(0);
  expect(refused.err).toContain(why);
  expect(read("dev")).toEqual(state);
  expect(all()).toEqual(files);
  expect(existsSync(join(project, "Pulumi.dev.yaml"))).toBe(true);
  expect((await hostnet("stack", "--show-name")).out).toBe("dev\n");
});

test("one that an operation holds is not renamed", async () => {
  const { hostnet, world, stackFile } = await stack();
  world.deploy = fakeDeploy(async () => {
    expect((await world.hostnet("stack", "rename", "prod")).err).toContain("currently locked by 1 lock(s)");
    return {};
  });
  expect((await hostnet("up", "-yf")).code).toBe(0);
  expect(existsSync(stackFile("prod"))).toBe(false);
});
