import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { CommanderError } from "commander";
import { painter } from "../display/colors.js";
import type { Distribution } from "../distribution.js";
import { messageOf } from "../model/errors.js";
import { CliError, EXIT } from "./errors.js";
import { buildProgram } from "./program.js";
import { type Outside, printing, type Surroundings } from "./surroundings.js";

/** Runs one command of a distribution and returns its exit code. */
export async function run(distribution: Distribution, argv: string[], surroundings: Outside): Promise<number> {
  const world = printing(surroundings, distribution);
  try {
    const program = buildProgram(world, (folder) => {
      world.cwd = enter(resolve(surroundings.cwd, folder), folder);
    });
    await program.parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return report(error, world);
  }
}

function enter(path: string, shown: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new CliError(`chdir ${shown}: no such file or directory; give --cwd a folder that exists`);
  }
}

function report(error: unknown, { err, colors, env, distribution: { command } }: Surroundings): number {
  const paint = painter(colors);
  const say = (message: string) => err(`${paint("red", "error:")} ${message}\n`);
  if (error instanceof CommanderError) {
    // Help and version end this way too, and commander has written them.
    if (error.exitCode === 0 || error.code === "commander.help") return EXIT.ok;
    say(`${inTheCliWords(error, command)}\nRun '${command} --help' for usage.`);
    return EXIT.error;
  }
  if (error instanceof CliError) {
    if (error.message) say(error.message);
    return error.exitCode;
  }
  say(messageOf(error));
  if (env[debugVariable(command)] && error instanceof Error) err(`${error.stack}\n`);
  return EXIT.error;
}

/** The variable that has stack traces printed: ENGINE_DEBUG for the command `engine`. */
const debugVariable = (command: string): string => `${command.toUpperCase().replaceAll("-", "_")}_DEBUG`;

function inTheCliWords({ code, message }: CommanderError, command: string): string {
  const text = message.replace(/^error: /, "");
  if (code === "commander.unknownOption") return text.replace(/unknown option '([^']*)'/, "unknown flag: $1");
  if (code === "commander.unknownCommand")
    return text.replace(/unknown command '([^']*)'/, `unknown command "$1" for "${command}"`);
  return text;
}
