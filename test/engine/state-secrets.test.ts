import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { IncorrectPassphrase, PassphraseCrypter } from "../../engine/state/passphrase.js";
import { SecretKeeper } from "../../engine/state/secrets.js";
import { fakeDeploy, makeWorld, secret, snapshotOf } from "./cli-world.js";

/**
 * Recorded from the Pulumi CLI 3.260, with the passphrase "pass": `pulumi stack init` and `pulumi
 * config set --secret`.
 */
const RECORDED = {
  salt: "v1:qI8W92j3xyE=:v1:S/IY2RzDq7hMRbrA:PApm6hGvxxEuQVySVc/I4fP4uhmvoA==",
  sealed: "v1:LqfpHCzu1Ssx6BVx:weGQMdC3K0SOTg+Tdadj1HOzkG5QlPBwJWfJSes=",
  plain: "hunter2secret",
};

describe("the passphrase provider", () => {
  let crypter: PassphraseCrypter;
  beforeAll(async () => {
    crypter = await PassphraseCrypter.open("pass", RECORDED.salt);
  });

  test("opens what the Pulumi CLI sealed", () => {
    expect(crypter.decrypt(RECORDED.sealed)).toBe(RECORDED.plain);
  });

  test("opens what it sealed itself, never the same text twice", () => {
    const [one, two] = [crypter.encrypt("größe"), crypter.encrypt("größe")];
    expect(one).not.toBe(two);
    expect([crypter.decrypt(one), crypter.decrypt(two)]).toEqual(["größe", "größe"]);
  });

  test("refuses another passphrase, a damaged salt and a changed ciphertext", async () => {
    await expect(PassphraseCrypter.open("other", RECORDED.salt)).rejects.toThrow(IncorrectPassphrase);
    await expect(PassphraseCrypter.open("pass", "v1:abc")).rejects.toThrow(/not of the form/);
    expect(() => crypter.decrypt(RECORDED.sealed.replace("weG", "weH"))).toThrow();
  });

  test("a new salt opens with its passphrase only", async () => {
    const made = await PassphraseCrypter.create("");
    const sealed = made.encrypt("x");
    expect((await PassphraseCrypter.open("", made.salt)).decrypt(sealed)).toBe("x");
    await expect(PassphraseCrypter.open("y", made.salt)).rejects.toThrow("incorrect passphrase");
  });

  test("a secret that didn't change keeps its ciphertext, one that did doesn't", () => {
    const keeper = new SecretKeeper(crypter);
    const sealed = keeper.seal(snapshotOf({ a: secret({ x: 1, y: 2 }), b: secret("two"), list: [secret("three")] }));
    const reader = new SecretKeeper(crypter);
    const open = reader.open(sealed);
    expect(open.resources[0]!.outputs).toEqual({
      a: secret({ x: 1, y: 2 }),
      b: secret("two"),
      list: [secret("three")],
    });
    open.resources[0]!.outputs = { a: secret({ y: 2, x: 1 }), b: secret("changed"), list: [secret("three")] };
    const again = reader.seal(open);
    const [before, after] = [sealed.resources[0]!.outputs!, again.resources[0]!.outputs!];
    expect(after.a).toEqual(before.a);
    expect(after.list).toEqual(before.list);
    expect(after.b).not.toEqual(before.b);
    expect(JSON.stringify(again)).not.toContain("changed");
  });

  test("equal secrets at two places don't show that they are equal", () => {
    const { outputs } = new SecretKeeper(crypter).seal(snapshotOf({ a: secret("same"), b: secret("same") }))
      .resources[0]!;
    expect(outputs!.a).not.toEqual(outputs!.b);
  });
});

test("no file of the backend ever holds a secret in plain text", async () => {
  const world = makeWorld();
  await world.hostnet("stack", "init", "dev");
  const state = snapshotOf({ token: secret("top-secret-value") });
  const pending = { ...state, pending_operations: [{ type: "creating" as const, resource: state.resources[0]! }] };
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(pending);
    expect(readFileSync(world.stackFile(), "utf8")).toContain("pending_operations");
    expect(readFileSync(world.stackFile(), "utf8")).not.toContain("top-secret-value");
    await save(state);
    return { snapshot: state, outputs: state.resources[0]!.outputs! };
  });
  const { code, out } = await world.hostnet("up", "--yes", "--skip-preview");
  expect(code).toBe(0);
  expect(out).toContain("token: [secret]");
  for (const entry of readdirSync(world.home, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      expect(readFileSync(`${entry.parentPath}/${entry.name}`, "utf8")).not.toContain("top-secret-value");
  }
  expect((await world.hostnet("stack", "output", "token")).out).toBe("[secret]\n");
  expect((await world.hostnet("stack", "output", "token", "--show-secrets")).out).toBe("top-secret-value\n");
});
