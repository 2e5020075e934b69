import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeDeploy, makeWorld, secret, snapshotOf, stackUrn } from "./cli-world.js";

async function stack() {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(snapshotOf({ open: 1, token: secret("geheim") }));
    return {};
  });
  await world.hostnet("up", "-yf");
  return world;
}

test("an exported state has its secrets sealed unless asked otherwise", async () => {
  const world = await stack();
  const { out } = await world.hostnet("stack", "export");
  const exported = JSON.parse(out);
  expect(exported).toMatchObject({ version: 3, deployment: { resources: [{ urn: stackUrn, outputs: { open: 1 } }] } });
  expect(exported.deployment).toEqual(JSON.parse(readFileSync(world.stackFile(), "utf8")).checkpoint.latest);
  expect(out).not.toContain("geheim");
  expect((await world.hostnet("stack", "export", "--show-secrets")).out).toContain("geheim");
  expect((await world.hostnet("stack", "export", "--file", "state.json")).out).toBe("");
  expect(readFileSync(join(world.project, "state.json"), "utf8")).toBe(out);
});

test("an imported state takes the place of the stack's own, sealed, and the one before stays as a backup", async () => {
  const world = await stack();
  const before = readFileSync(world.stackFile(), "utf8");
  const open = (await world.hostnet("stack", "export", "--show-secrets")).out;
  world.input = open.replace('"open": 1', '"open": 2');
  expect(await world.hostnet("stack", "import")).toMatchObject({ code: 0, out: "Import complete.\n" });
  expect(readFileSync(world.stackFile(), "utf8")).not.toContain("geheim");
  expect((await world.hostnet("stack", "output", "--json")).out).toContain('"open": 2');
  expect((await world.hostnet("stack", "output", "token", "--show-secrets")).out).toBe("geheim\n");
  expect(readFileSync(`${world.stackFile()}.bak`, "utf8")).toBe(before);
});

test("a state that was sealed with another salt is sealed anew", async () => {
  const world = await stack();
  const { out } = await world.hostnet("stack", "export");
  await world.hostnet("stack", "init", "other");
  world.input = out.replaceAll("urn:pulumi:dev::", "urn:pulumi:other::").replaceAll("shop-dev", "shop-other");
  expect((await world.hostnet("stack", "import")).code).toBe(0);
  expect((await world.hostnet("stack", "output", "token", "--show-secrets")).out).toBe("geheim\n");
  world.env.PULUMI_CONFIG_PASSPHRASE = "wrong";
  expect((await world.hostnet("stack", "export", "--show-secrets")).err).toContain("incorrect passphrase");
});

test("what can't be right is refused, and forced in with a warning", async () => {
  const world = await stack();
  const before = readFileSync(world.stackFile(), "utf8");
  const exported = JSON.parse((await world.hostnet("stack", "export")).out);
  const attempt = async (text: unknown, ...flags: string[]) => {
    world.input = typeof text === "string" ? text : JSON.stringify(text);
    return world.hostnet("stack", "import", ...flags);
  };
  const refused = async (text: unknown, why: string) => {
    expect(await attempt(text)).toMatchObject({ code: 1, err: expect.stringContaining(why) });
    expect(readFileSync(world.stackFile(), "utf8")).toBe(before);
  };
  await refused("no", "it is not JSON");
  await refused({ version: 3, deployment: null }, "there is no deployment in it");
  await refused({ ...exported, version: 2 }, "let a Pulumi CLI rewrite it");
  await refused({ ...exported, version: 9 }, "unknown version 9");
  await refused(
    { ...exported, version: 4, features: ["refreshBeforeUpdate"] },
    "needs the features refreshBeforeUpdate",
  );
  const [root] = exported.deployment.resources;
  const child = {
    ...root,
    urn: "urn:pulumi:prod::shop::a:b:C::x",
    type: "a:b:C",
    parent: "urn:pulumi:dev::shop::a:b:C::y",
  };
  const bad = { ...exported, deployment: { ...exported.deployment, resources: [root, child] } };
  await refused(bad, "is from a different stack (prod != dev)");
  await refused(bad, "state file contains errors");
  const pending = [{ type: "creating", resource: root }];
  const forced = await attempt({ ...bad, deployment: { ...bad.deployment, pending_operations: pending } }, "--force");
  expect(forced).toMatchObject({ code: 0, err: expect.stringContaining("removing pending operation 'creating'") });
  expect(JSON.parse(readFileSync(world.stackFile(), "utf8")).checkpoint.latest.pending_operations).toBeUndefined();
});

test("a file that isn't there", async () => {
  const world = await stack();
  writeFileSync(join(world.project, "empty.json"), "");
  expect((await world.hostnet("stack", "import", "--file", "none.json")).err).toContain("could not open file");
  expect((await world.hostnet("stack", "import", "--file", "empty.json")).err).toContain("empty.json: it is not JSON");
});
