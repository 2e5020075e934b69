import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { cli } from "../engine/cli.js";
import { makeWorld } from "../engine/cli-world.js";
import { type Answer, COMMANDS, LEFT } from "./config-paths.js";

type Listed = Record<string, { value: string; objectValue?: unknown; secret: boolean }>;
const objects = (json: string) =>
  Object.fromEntries(Object.entries(JSON.parse(json) as Listed).map(([key, { objectValue }]) => [key, objectValue]));

/** How a command ends that answers so. */
const ending = (answer: Answer) => ("out" in answer ? { code: 0, out: answer.out } : { code: 1, out: "" });

async function newWorld() {
  const world = makeWorld({ PULUMI_CONFIG_PASSPHRASE: "pass" });
  expect(await world.hostnet("stack", "init", "dev")).toMatchObject({ code: 0 });
  return world;
}

test("config set, get and rm --path do what the CLI does", async () => {
  const { hostnet } = await newWorld();
  for (const [argv, answer] of COMMANDS) {
    const { code, out, err } = await hostnet("config", ...argv);
    expect({ argv, code, out }).toEqual({ argv, ...ending(answer) });
    if (!("error" in answer)) continue;
    expect(err).toContain(`error: ${answer.error}`);
    // The CLI's words say what, and ours say what to do too.
    if (!err.includes("not found"))
      expect(err.length, err).toBeGreaterThan(
        `error: ${answer.error}
`.length,
      );
  }
  expect(objects((await hostnet("config", "--json", "--show-secrets")).out)).toEqual(LEFT);
  const blind = JSON.parse((await hostnet("config", "--json")).out) as Listed;
  expect([blind["shop:sec"], blind["shop:plain"]]).toEqual([
    { secret: true },
    { value: '{"sub":12}', objectValue: { sub: 12 }, secret: false },
  ]);
});

/** Texts that one of the two engines may write so that the other reads something else. */
const TEXTS = [
  ...["yes", "no", "on", "off", "y", "n", "1_000", "0x1F", "0o7", "0b11", "1e3", "12:30:00", "2001-01-01", "~", ".inf"],
  ...["2001-01-01T00:00:00Z", "2001-1-1 1:2:3", "0123", "+.5", "1.", "", " x ", "#c", "a: b", "- a", "{a}", "*a", "!x"],
  ...["null", "True", "=", "<<", "1:2", "|", "'", '"', "t\tb", "l\nm"],
];

test("the CLI answers the same, and each reads what the other has written", { timeout: stretched(300_000) }, async ({
  skip,
}) => {
  if (!cli) skip("no Pulumi CLI on this machine (PULUMI_BIN, PATH)");
  const world = await newWorld();
  const folder = join(world.home, "cli", "shop");
  mkdirSync(join(world.home, "cli", "state"), { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  const pulumi = (...argv: string[]) => {
    const env = {
      ...world.env,
      PATH: `${dirname(cli!)}:${process.env.PATH}`,
      PULUMI_HOME: join(world.home, "cli"),
      PULUMI_BACKEND_URL: `file://${world.home}/cli/state`,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const at = argv.indexOf("--");
    const words = at < 0 ? [...argv, "--non-interactive"] : argv.toSpliced(at, 0, "--non-interactive");
    const { status, stdout, stderr } = spawnSync(cli!, words, { cwd: folder, env, encoding: "utf8" });
    return { code: status, out: stdout, err: stderr };
  };
  expect(pulumi("stack", "init", "dev").code).toBe(0);
  for (const [argv, answer] of COMMANDS) {
    const { code, out, err } = pulumi("config", ...argv);
    expect({ argv, code, out }).toEqual({ argv, ...ending(answer) });
    if ("error" in answer) expect(err).toContain(`error: ${answer.error}`);
  }
  expect(objects(pulumi("config", "--json", "--show-secrets").out)).toEqual(LEFT);
  const [ours, theirs] = [join(world.project, "Pulumi.dev.yaml"), join(folder, "Pulumi.dev.yaml")];
  for (const [at, text] of TEXTS.entries()) {
    expect(await world.hostnet("config", "set", "--path", "--plaintext", "--", `t.k${at}`, text)).toMatchObject({
      code: 0,
    });
    await world.hostnet("config", "set", "--plaintext", "--", `top${at}`, text);
  }
  writeFileSync(theirs, readFileSync(ours));
  const expected = Object.fromEntries(TEXTS.map((text, at) => [`k${at}`, text]));
  const read = JSON.parse(pulumi("config", "--json").out) as Listed;
  expect(read["shop:t"]!.objectValue).toEqual(expected);
  expect(TEXTS.map((_, at) => read[`shop:top${at}`]!.value)).toEqual(TEXTS);
});
