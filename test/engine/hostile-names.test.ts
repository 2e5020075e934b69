import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deploy } from "../../engine/deployment/deployment.js";
import { PROCESSES, type Runners } from "../../engine/deployment/runners.js";
import { Screen } from "../../engine/display/screen.js";
import { makeWorld } from "./cli-world.js";
import type { Faults, FixtureProgram } from "./fixture.js";
import { inProcess } from "./in-process.js";
import { PROGRAM, prepare } from "./surroundings.js";

/** All that a terminal obeys: C0 with a title, CSI in 7 and 8 bits, BEL, CR, DEL, bidi, lines. */
const EVIL = "e\u001b[31mV\u001b]0;title\u0007\u009b2J\r\u0008\u007f\u0085\u2028\u202e\u2066\u200f\u061cl\u001b[2J";
/** In names a line of its own is a lie too. */
const NAME = `${EVIL}\n + forged\tline`;

/** A message may have several lines. */
const MESSAGE = `${EVIL}\nsecond line`;

/** As text, since a regular expression must not have the control itself. */
const ESC = String.raw`\u001b`;
const OURS = new RegExp(String.raw`${ESC}\[(?:0|1|3[1-6])m`, "g");
/** How a redrawn tree goes up and erases. */
const MOVES = new RegExp(String.raw`${ESC}\[\d+A${ESC}\[J`, "g");
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

function expectClean(text: string, about: string): void {
  expect(text, about).not.toContain("\u001b[31mV");
  const rest = text.replace(OURS, "").replace(MOVES, "");
  const at = rest.search(CONTROLS);
  expect(at < 0 ? "" : JSON.stringify(rest.slice(Math.max(0, at - 60), at + 20)), about).toBe("");
}

const expectNoOtherLine = (text: string, about: string) => expect(text, about).not.toMatch(/^ ?\+ forged/m);

const thing = (name: string, props = {}) => ({
  name,
  as: "x",
  props: { [NAME]: NAME, list: [NAME, { [NAME]: 1 }], ...props },
});
/** What a provider that fails half-way has made. */
const KEPT = {
  name: "x",
  [NAME]: NAME,
  __provider: "exports.handler = () => require(process.env.HOSTNET_TEST_PROVIDER).handler",
};
const FIRST: FixtureProgram = {
  resources: [{ name: `c${NAME}`, component: true }, thing(NAME)],
  outputs: { [NAME]: NAME, deep: { [NAME]: [NAME] }, resource: `$${NAME}`, secret: `!${NAME}` },
  log: MESSAGE,
  logOn: NAME,
};
const SECOND: FixtureProgram = {
  ...FIRST,
  resources: [thing(NAME, { more: NAME, [`${NAME}2`]: 2 })],
};

/** A stack whose commands run the real engine, and all that they print, command by command. */
function hostile() {
  const world = makeWorld();
  const printed: [command: string, text: string][] = [];
  let now: FixtureProgram = {};
  let runners: Runners | undefined;
  world.deploy = (request) =>
    deploy({ ...request, project: { ...request.project, root: PROGRAM } }, runners ?? inProcess(now));
  const drawn: string[] = [];
  return {
    world,
    printed,
    inProcesses() {
      runners = PROCESSES;
    },
    set(program: FixtureProgram, faults: Faults = {}) {
      now = program;
      prepare(program, faults);
    },
    tree(on: boolean) {
      world.interactive = on;
      world.terminal = on;
      const terminal = { columns: () => 60, rows: () => 20, write: (text: string) => void drawn.push(text) };
      world.screen = on ? new Screen(terminal) : undefined;
    },
    async run(...argv: string[]) {
      drawn.length = 0;
      const ended = await world.hostnet(...argv);
      printed.push([argv.join(" "), ended.out + ended.err + drawn.join("")]);
      return ended;
    },
  };
}

const looks = ["lines", "--diff", "--json", "tree"] as const;

test.each(looks.flatMap((look) => [true, false].map((colors) => ({ look, colors }))))(
  "nothing that an operation prints of names, values and texts is obeyed by a terminal: $look, colours $colors",
  async ({ look, colors }) => {
    const { world, printed, set, tree, run } = hostile();
    world.colors = colors;
    tree(look === "tree");
    const flags = look.startsWith("--") ? [look] : [];
    const yes = ["--yes", ...flags];
    set({});
    await run("stack", "init", "dev");
    set(FIRST, { "create x": { message: MESSAGE } });
    expect((await run("up", ...yes)).code).toBe(1);
    set(FIRST);
    expect((await run("preview", ...flags)).code).toBe(0);
    expect((await run("up", ...yes)).code).toBe(0);
    expect((await run("refresh", ...yes)).code).toBe(0);
    set(SECOND);
    expect((await run("preview", "--show-secrets", ...flags)).code).toBe(0);
    set({ ...SECOND, complain: MESSAGE });
    expect((await run("preview", ...flags)).code).toBe(1);
    set(SECOND);
    world.answers = ["details", "no"];
    if (look === "tree") await run("up");
    set(SECOND, { "update x": { message: MESSAGE, partial: { properties: KEPT, reasons: [MESSAGE] } } });
    expect((await run("up", ...yes)).code).toBe(1);
    set({ ...SECOND, resources: [thing(NAME, { invalid: MESSAGE })] });
    expect((await run("up", ...yes)).code).toBe(1);
    set(SECOND, { "answer x": { size: NAME, [NAME]: NAME } });
    expect((await run("refresh", ...yes)).code).toBe(0);
    expect((await run("up", "--target", EVIL, ...yes)).code).toBe(1);
    expect((await run("destroy", ...yes)).code).toBe(0);
    for (const [command, text] of printed) {
      expectClean(text, command);
      expectNoOtherLine(text, command);
      if (!colors && look !== "tree") expect(text, command).not.toContain("\u001b");
    }
    expect(printed.map(([, text]) => text).join(""), "shown").toContain("\\u001b[31mV");
  },
);

test("nor of what stands in a stack, its configuration, its files and the command line", async () => {
  const { world, printed, set, tree, run } = hostile();
  world.terminal = true;
  set(FIRST);
  await run("stack", "init", "dev");
  expect((await run("up", "--yes")).code).toBe(0);
  await run("stack", "--show-urns", "--show-ids", "--show-secrets");
  await run("stack", "output");
  await run("stack", "output", "--json");
  await run("stack", "output", "--show-secrets");
  await run("stack", "output", NAME);
  await run("stack", "output", "deep");
  await run("stack", "output", `none${NAME}`);
  await run("stack", "export");
  await run("config", "set", "evil", NAME);
  await run("config", "set", NAME, "evil");
  await run("config");
  await run("config", "--json");
  await run("config", "get", "evil");
  await run("config", "get", "evil", "--json");
  await run("config", "get", NAME);
  for (const name of [NAME, `organization/${NAME}/dev`, `${NAME}/dev`]) {
    await run("stack", "init", name);
    await run("stack", "select", name);
    await run("stack", "rename", name);
    await run("up", "--yes", "--stack", name);
  }
  await run(`--${NAME}`);
  await run(NAME);
  await run("stack", NAME);
  await run("-C", NAME, "up");
  await run("up", "--color", NAME);
  await run("stack", "import", "--file", NAME);
  const locks = world.file("locks", "organization", "shop", "dev");
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, "a.json"), JSON.stringify({ pid: 1, username: NAME, hostname: NAME, timestamp: NAME }));
  await run("up", "--yes");
  await run("cancel", "--yes");
  const state = readFileSync(world.stackFile(), "utf8");
  writeFileSync(world.stackFile(), state.replace(/"version":"v[^"]*"/, `"version":${JSON.stringify(NAME)}`));
  await run("stack");
  for (const broken of [
    `{"version":${JSON.stringify(NAME)}}`,
    `{"version":3,"features":[${JSON.stringify(NAME)}]}`,
    NAME,
  ]) {
    writeFileSync(world.stackFile(), broken);
    await run("up", "--yes");
  }
  world.env.PULUMI_BACKEND_URL = NAME;
  await run("stack", "ls");
  for (const project of [`name: ${JSON.stringify(NAME)}`, `name: shop\nruntime: ${JSON.stringify(NAME)}`, `"${EVIL}`]) {
    writeFileSync(join(world.project, "Pulumi.yaml"), `${project}\n`);
    await run("up", "--yes");
  }
  tree(false);
  for (const [command, text] of printed) {
    expectClean(text, command);
    if (/^(stack|stack output|stack --show.*|config)$/.test(command)) expectNoOtherLine(text, command);
  }
});

test("a value is exact for a script, and escaped at a terminal", async () => {
  const { world, run } = hostile();
  const value = "-----BEGIN\r\n\u001b[1mKEY\u202e\r\n";
  await run("stack", "init", "dev");
  await run("config", "set", "pem", "--", value);
  expect((await run("config", "get", "pem")).out).toBe(`${value}\n`);
  world.terminal = true;
  expect((await run("config", "get", "pem")).out).toBe("-----BEGIN\n\\u001b[1mKEY\\u202e\n\n");
  expect(JSON.parse((await run("config", "get", "pem", "--json")).out).value).toBe(value);
});

test("a program's colours are left out, and what else it prints is shown", async () => {
  const { set, run, inProcesses } = hostile();
  inProcesses();
  await run("stack", "init", "dev");
  set({ print: "\u001b[1;31mred\u001b[39m and \u001b[2Jgone" });
  expect((await run("preview")).out).toContain("    red and \\u001b[2Jgone\n");
});
