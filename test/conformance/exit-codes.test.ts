import { expect, onTestFinished, test } from "vitest";
import { stretched } from "../../sandbox/slow.js";
import { cli } from "../engine/cli.js";
import { CommandsWorld, type Who } from "../engine/commands-world.js";
import { program, thing } from "../engine/scenarios/scenario.js";

const KEPT = thing("b", {}, { protect: true });

/** What is done, one after the other, and the exit code of the Pulumi CLI 3.260.0. */
const COMMANDS: [code: number, argv: string[], before?: (world: CommandsWorld) => void][] = [
  [2, ["up"]],
  [0, ["stack", "init", "t"]],
  [1, ["stack", "init", "t"]],
  [6, ["stack", "select", "nope"]],
  [6, ["up", "--stack", "nope", "--yes"]],
  [6, ["stack", "rm", "nope", "--yes"]],
  [2, ["up"]],
  [1, ["refresh"]],
  [2, ["destroy"]],
  [7, ["preview", "--expect-no-changes"], (world) => world.set(program(thing("a"), thing("b", {}, { protect: true })))],
  [1, ["up", "--yes", "--target", "a", "--exclude", "b"]],
  [1, ["up", "--yes", "--nope"]],
  [1, ["nope"]],
  [1, ["up", "--yes", "--parallel", "x"]],
  [7, ["up", "--yes", "--skip-preview", "--expect-no-changes"]],
  [0, ["up", "--yes", "--skip-preview", "--expect-no-changes"]],
  [
    7,
    ["up", "--yes", "--expect-no-changes"],
    (world) => world.set(program(thing("a", { x: 1 }), thing("b", {}, { protect: true }))),
  ],
  [
    0,
    ["refresh", "--yes", "--skip-preview", "--expect-no-changes"],
    (world) => world.set({}, { "answer a": { size: 7 } }),
  ],
  [
    1,
    ["up", "--yes", "--skip-preview"],
    (world) => world.set(program(thing("a", { x: 2 })), { "update a": { message: "no" } }),
  ],
  [1, ["up", "--yes"], (world) => world.set(program(thing("a", { invalid: "yes" })))],
  [1, ["up", "--yes", "--skip-preview"], (world) => world.set({ ...program(thing("a")), throws: "broken" })],
  [1, ["up", "--yes", "--skip-preview"], (world) => world.set({ ...program(thing("a")), exits: 3 })],
  // What a program logs as an error decides nothing: `c` is deleted.
  [0, ["up", "--yes", "--skip-preview"], (world) => world.set(program(thing("a"), KEPT, thing("c")))],
  [0, ["preview"], (world) => world.set({ ...program(thing("a"), KEPT), complain: "beware" })],
  [0, ["up", "--yes", "--skip-preview"]],
  [0, ["up", "--yes", "--skip-preview", "--expect-no-changes"]],
  [1, ["up", "--yes", "--target", "urn:pulumi:t::fixture::x:y:Z::nope"], (world) => world.set(program(thing("a")))],
  [1, ["destroy", "--yes", "--skip-preview"]],
  [1, ["config", "get", "nope"]],
  [0, ["config", "rm", "nope"]],
  [1, ["config", "set", "a:b:c", "1"]],
  [0, ["config", "set", "n", "1"]],
  [0, ["config", "get", "n"]],
  [1, ["stack", "output", "nope"]],
  [1, ["stack", "export", "--file", "/no/such/folder/file"]],
  [1, ["stack", "import", "--file", "/no/such/file"]],
  [
    1,
    ["preview"],
    (world) => {
      world.passphrase = "wrong";
    },
  ],
  [
    1,
    ["stack", "rm", "t", "--yes"],
    (world) => {
      world.passphrase = "pass";
    },
  ],
  [0, ["stack", "rm", "t", "--yes", "--force"]],
  [0, ["stack", "ls"]],
  [
    1,
    ["up", "--yes"],
    (world) => {
      world.cwd = "/";
    },
  ],
];

test.for<Who>(["hostnet", "pulumi"])("exit codes of %s", { timeout: stretched(900_000) }, async (who, { skip }) => {
  if (who === "pulumi" && !cli) skip("no Pulumi CLI on this machine (PULUMI_BIN, PATH)");
  const world = new CommandsWorld();
  onTestFinished(() => world.close());
  for (const [code, argv, before] of COMMANDS) {
    before?.(world);
    const ended = world.run(who, ...argv);
    expect(ended, argv.join(" ")).toMatchObject({ code });
  }
});
