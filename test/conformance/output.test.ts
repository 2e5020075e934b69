import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { cli } from "../engine/cli.js";
import { CommandsWorld, type Who } from "../engine/commands-world.js";
import { program, thing } from "../engine/scenarios/scenario.js";

/** What the Pulumi CLI 3.260.0 printed. */
const RECORDED = join(import.meta.dirname, "output.pulumi.txt");

const group = { name: "g", component: true };
const first = program(
  thing("a", { x: 1, list: [1, 2], map: { k: "v" }, s: "!hush" }),
  thing("b", { y: "$a.made" }),
  thing("r", { force: 1, y: "$b.made" }),
  group,
  thing("inner", { x: 1 }, { parent: "g" }),
);
const second = program(
  thing("a", { x: 2, list: [1, 3, 4], map: { k: "w", l: 1 }, s: "!hush2" }, { protect: true }),
  thing("r", { force: 2, y: "$a.made" }),
  group,
  thing("inner", { x: 2 }, { parent: "g" }),
);

/** Outputs of all kinds, of which some change: texts that hold structures, and what is empty. */
const kinds = {
  ...program(thing("a")),
  complain: "beware",
  outputs: {
    json: '{"a":1,"k":5,"l":[1,2]}',
    yaml: "a: 1\nb: 2",
    sentence: "a: 1",
    map: { c: 1, k: 5, l: [1, 2], e: "", none: [] },
    empty: "",
    gone: "x",
    list: [],
    text: "two\nlines",
  },
};
const otherKinds = {
  ...program(thing("a")),
  outputs: {
    json: '{"a":2,"k":5,"l":[1,3]}',
    yaml: "a: 1\nb: 3",
    sentence: '{"k":1}',
    map: { c: 2, k: 5, l: [1, 3], e: "", none: [1] },
    empty: "",
    list: ["x"],
    text: "two\nlines",
  },
};

const FLAGS = ["--parallel", "1"];
const UP = ["up", "--yes", "--skip-preview", ...FLAGS];

/** What is done, one after the other. */
const COMMANDS: [argv: string[], before?: (world: CommandsWorld) => void][] = [
  [["preview", "--diff", ...FLAGS], (world) => world.set({ ...first, outputs: { made: "$a.made", s: "$a.s" } })],
  [[...UP, "--diff"]],
  [["preview", "--diff", ...FLAGS], (world) => world.set({ ...second, outputs: { made: "$a.made" } })],
  [["preview", ...FLAGS]],
  [[...UP, "--diff"]],
  [UP],
  [
    [...UP, "--diff"],
    (world) => world.set(program(thing("a", { x: 2 }), thing("c")), { "create c": { message: "no c" } }),
  ],
  [
    ["refresh", "--yes", "--skip-preview", "--diff", ...FLAGS],
    (world) => world.set(second, { "answer a": { size: 7 } }),
  ],
  [["up", "--yes", "--skip-preview", ...FLAGS], (world) => world.set(program(thing("a", { x: 3 })))],
  [["destroy", "--preview-only", "--diff", ...FLAGS]],
  [["destroy", "--yes", "--skip-preview", ...FLAGS]],
  [["preview", ...FLAGS], (world) => world.set(kinds)],
  [UP],
  [UP],
  [["preview", ...FLAGS], (world) => world.set(otherKinds)],
  [[...UP, "--diff"]],
];

/** What differs from run to run, and by whose command it is. */
const normalised = (text: string) =>
  text
    .replaceAll(/\b\d+(\.\d+)?(ms|s)\b/g, "0s")
    .replaceAll(/^@ .*\n/gm, "")
    // The CLI tells of the program that runs when it has time to.
    .replaceAll(/^ +pulumi:pulumi:Stack fixture-t running.*\n/gm, "")
    // It shows a lock beside what is protected, and forgets to take colours out of one line.
    .replaceAll(/ [\u{1F512}\u{1F513}]|<\{%.*?%\}>/gu, "")
    // That the stack is gone it tells before or after that it has.
    .replaceAll(/^( +pulumi:pulumi:Stack fixture-t +\n)( - .*deleted.*\n)/gm, "$2$1")
    .replaceAll(/\n{2,}/g, "\n")
    .replaceAll("hostnet stack rm", "pulumi stack rm");

function printed(who: Who): string {
  const world = new CommandsWorld();
  onTestFinished(() => world.close());
  world.must(who, "stack", "init", "t");
  const texts = COMMANDS.map(([argv, before]) => {
    before?.(world);
    const { code, out, err } = world.run(who, ...argv);
    return `$ ${argv.join(" ")}\n${out}${err}(${code})\n`;
  });
  return normalised(texts.join("\n"));
}

test("what hostnet prints is what the Pulumi CLI prints", { timeout: stretched(300_000) }, () => {
  expect(printed("hostnet")).toBe(readFileSync(RECORDED, "utf8"));
});

test("the Pulumi CLI still prints that", { timeout: stretched(600_000) }, ({ skip }) => {
  if (!cli) skip("no Pulumi CLI on this machine (PULUMI_BIN, PATH)");
  const text = printed("pulumi");
  if (process.env.RECORD || !existsSync(RECORDED)) writeFileSync(RECORDED, text);
  else expect(text).toBe(readFileSync(RECORDED, "utf8"));
});
