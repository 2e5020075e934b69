import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compiled } from "../../sandbox/root.js";
import { withSystemFolders } from "../../system/path.js";
import { put, sentence, stack, type World } from "./broken.js";
import { fakeDeploy, snapshotOf } from "./cli-world.js";

const PROJECTS: [content: string, why: string][] = [
  ["folder", "it is a folder (EISDIR); move it away"],
  ["", '"name" is missing; give the project a name'],
  ["[]", "a project file must be a map; write name: and runtime: into it"],
  ["hello", "a project file must be a map"],
  ["name: [", "it is not YAML: "],
  ["\tname: x", "it is not YAML: Tabs are not allowed as indentation at line 1, column 1; mend it there"],
  ["name: 3", '"name" is 3, and must be a text'],
  ["name: shop", '"runtime" is missing; write runtime: nodejs'],
  ["name: shop\nruntime: ruby", 'runtime "ruby": hostnet runs programs of runtime "nodejs" only; use the Pulumi CLI'],
  ["name: shop\nruntime: [nodejs]", 'runtime ["nodejs"]: hostnet runs'],
  ["name: shop\nruntime: { options: {} }", 'runtime {"options":{}}: hostnet runs'],
  ["name: shop\nruntime: { name: nodejs, options: 3 }", 'the options of "runtime" are 3, and must be a map'],
  [
    "name: shop\nruntime: { name: nodejs, options: { typescript: 3 } }",
    "runtime option typescript is 3, and must be a boolean",
  ],
  ["name: shop\nruntime: nodejs\nmain: 3", '"main" is 3, and must be a path'],
  ["name: shop\nruntime: nodejs\nmain: gone.js", 'main "gone.js": there is no such file or folder in'],
  ["name: shop\nruntime: nodejs\nbackend: 3", '"backend" is 3, and must be a map with the url'],
  ["name: shop\nruntime: nodejs\nconfig: [a]", '"config" must be a map of keys and values'],
  ["name: a/b\nruntime: nodejs", 'name "a/b": project names may only contain'],
];

test.each(PROJECTS)("a project file %j is named, with the reason and the cure", async (content, why) => {
  const world = await stack();
  const file = join(world.project, "Pulumi.yaml");
  put(file, content);
  const { code, err, out } = await world.hostnet("up", "-yf", "--stack", "dev");
  // The rule of names is the CLI's sentence, and says what to do by itself.
  const said = content.includes("a/b") ? err : sentence({ code, err, out });
  expect(said).toContain(`${file}: `);
  expect(said).toContain(why);
});

const OTHERS: [name: string, spoil: (world: World) => void, said: string, command?: string[]][] = [
  [
    "settings that are a folder",
    (world) => put(`${world.project}/Pulumi.dev.yaml`, "folder"),
    "Pulumi.dev.yaml: it is a folder",
  ],
  [
    "settings that are a list",
    (world) => put(`${world.project}/Pulumi.dev.yaml`, "[]"),
    "settings of a stack must be a YAML map",
  ],
  [
    "settings that are no YAML",
    (world) => put(`${world.project}/Pulumi.dev.yaml`, "a: ["),
    "Pulumi.dev.yaml: it is not YAML: ",
  ],
  [
    "a salt that is none",
    (world) => put(`${world.project}/Pulumi.dev.yaml`, "encryptionsalt: 3"),
    'the encryption salt "3" is not of the form',
  ],
  [
    "a wrong passphrase",
    (world) => Object.assign(world.env, { PULUMI_CONFIG_PASSPHRASE: "wrong" }),
    "incorrect passphrase; set PULUMI_CONFIG_PASSPHRASE to the one that the stack dev was made with",
  ],
  [
    "a passphrase in a file that isn't there",
    (world) => {
      delete world.env.PULUMI_CONFIG_PASSPHRASE;
      world.env.PULUMI_CONFIG_PASSPHRASE_FILE = "/nowhere";
    },
    "unable to read PULUMI_CONFIG_PASSPHRASE_FILE: /nowhere: there is no such file or folder (ENOENT); make it",
  ],
  [
    "a selection that is null",
    (world) => put(selection(world), "null"),
    "it is no object of settings; delete it and select",
  ],
  [
    "a selection of a number",
    (world) => put(selection(world), '{"stack":3}'),
    "the name of a stack is no text; delete it",
  ],
  ["a selection that is a folder", (world) => put(selection(world), "folder"), "workspace.json: it is a folder"],
  ["a login that is null", (world) => login(world, "null"), "credentials.json: it is no object; log in again"],
  ["a login to a number", (world) => login(world, '{"current":3}'), 'its "current" is no text; log in again'],
  ["a login that is cut off", (world) => login(world, "{"), "credentials.json: it is not JSON"],
  ["a backend that is a file", (world) => put(world.state, "x"), "is a file; name a folder: PULUMI_BACKEND_URL"],
  ["a backend that is gone", (world) => rmSync(world.state, { recursive: true }), "doesn't exist; create it: mkdir -p"],
  [
    "a backend that is no URL",
    (world) => Object.assign(world.env, { PULUMI_BACKEND_URL: "file://%zz" }),
    'backend "file://%zz": a % in it is not followed by two hexadecimal digits',
  ],
  [
    "a layout that is empty",
    (world) => put(world.file("meta.yaml"), ""),
    "doesn't say the version of the state's layout",
  ],
  ["a layout that is no YAML", (world) => put(world.file("meta.yaml"), "["), "meta.yaml: it is not YAML: "],
  [
    "a layout that is a folder",
    (world) => put(world.file("meta.yaml"), "folder"),
    "meta.yaml: it is a folder (EISDIR)",
  ],
  [
    "a file for the locks",
    (world) => put(world.file("locks"), "x"),
    "locks/organization/shop/dev: a file stands where a folder must be",
  ],
  [
    "a file for the stacks",
    (world) => put(world.file("stacks"), "x"),
    "stacks: something else is there (EEXIST); move it away",
    ["stack", "ls"],
  ],
  [
    "a link to nothing",
    (world) => link(world.stackFile(), "/no/where"),
    "dev.json: it is a link to what isn't there; mount or make that",
  ],
  [
    "links in a circle",
    (world) => link(world.stackFile(), world.stackFile()),
    "dev.json: its links lead in a circle (ELOOP); remove the link",
  ],
  [
    "an export into nothing",
    () => {},
    "/no/where: there is no such file or folder (ENOENT); make it",
    ["stack", "export", "--file", "/no/where"],
  ],
  [
    "an import of a folder",
    () => {},
    "could not open file: /: it is a folder (EISDIR)",
    ["stack", "import", "--file", "/"],
  ],
  [
    "an import of {}",
    (world) => put(`${world.project}/in`, "{}"),
    "in: it has no version",
    ["stack", "import", "--file", "in"],
  ],
];

const selection = ({ home }: World): string => {
  const folder = join(home, ".pulumi/workspaces");
  return join(folder, readdirSync(folder)[0]!);
};

function login(world: World, content: string): void {
  delete world.env.PULUMI_BACKEND_URL;
  put(join(world.home, ".pulumi/credentials.json"), content);
}

function link(path: string, target: string): void {
  rmSync(path);
  symlinkSync(target, path);
}

test.each(OTHERS)("%s: what, why and what to do", async (_, spoil, said, command = ["up", "-yf"]) => {
  const world = await stack();
  spoil(world);
  const ended = await world.hostnet(...command);
  expect(sentence(ended)).toContain(said);
});

test.each(["history", "backups"])("an update that was saved is one, though %s can't be written", async (folder) => {
  const world = await stack();
  world.deploy = fakeDeploy(async ({ save }) => {
    await save(snapshotOf({ x: 2 }));
    return { changes: { same: 1 } };
  });
  rmSync(world.file(folder), { recursive: true });
  writeFileSync(world.file(folder), "");
  const { code, err } = await world.hostnet("up", "-yf");
  expect([code, err]).toEqual([
    0,
    `warning: this update isn't in the stack's history: ${world.file(folder)}/shop/dev: a file stands where a folder must be (ENOTDIR); move that file away\n`,
  ]);
  expect(readFileSync(world.stackFile(), "utf8")).toContain('"x":2');
  expect(existsSync(world.file("locks", "organization", "shop", "dev"))).toBe(true);
  expect(readdirSync(world.file("locks", "organization", "shop", "dev")), "the lock is given back").toEqual([]);
});

test("a working folder that was removed is said so, without a trace", async () => {
  const world = await stack();
  const started = (command: string, env: object = {}) => {
    const folder = join(world.project, "gone");
    mkdirSync(folder);
    const script = `cd "$1" && rmdir "$1" && exec "$2" "$3" ${command}`;
    const { status, stdout, stderr } = spawnSync(
      "sh",
      ["-c", script, "-", folder, process.execPath, compiled("hostnet.js")],
      {
        env: { ...world.env, PATH: withSystemFolders(process.env.PATH), ...env },
        encoding: "utf8",
      },
    );
    return { code: status!, out: stdout, err: stderr };
  };
  for (const command of ["preview", "stack ls", "config", "stack init other", "preview --cwd ."]) {
    expect(sentence(started(command))).toMatch(
      /the current folder \S+\/gone is gone; change to one that is there|chdir/,
    );
  }
  expect(started("version").code).toBe(0);
  expect(started("--help").code).toBe(0);
  expect(started(`stack ls --cwd ${world.project}`).out).toContain("dev*");
});

test("what a state is renamed to and from is not lost where it can't be written", async () => {
  const world = await stack();
  renameSync(world.file("history"), world.file("kept"));
  writeFileSync(world.file("history"), "");
  await world.hostnet("stack", "rename", "prod");
  const names = readdirSync(world.file("stacks", "shop")).filter((name) => name.endsWith(".json"));
  expect(names.length).toBe(1);
});
