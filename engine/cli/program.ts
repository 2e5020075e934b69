import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Operation } from "../model/types.js";
import { cancel } from "./cancel.js";
import { CliError } from "./errors.js";
import { operate } from "./operation.js";
import type { OperationFlags } from "./operation-flags.js";
import { addConfigCommands, addStackCommands } from "./subcommands.js";
import type { Surroundings } from "./surroundings.js";

const DESCRIPTIONS: Record<Operation, string> = {
  up: "Create or update the resources in a stack",
  preview: "Show a preview of updates to a stack's resources",
  refresh: "Refresh the resources in a stack",
  destroy: "Destroy all existing resources in the stack",
};

/**
 * All commands and flags, named as in the Pulumi CLI. `changeFolder` gets `--cwd` before the
 * command runs.
 */
export function buildProgram(surroundings: Surroundings, changeFolder: (folder: string) => void): Command {
  const { name, command } = surroundings.distribution;
  const program = new Command(command)
    .description("Run a Pulumi program with the engine that comes along, on stacks that the Pulumi CLI can use too")
    .version(packageVersion(name), "--version", "Print the version")
    .helpOption("-h, --help", "Show help")
    .option("-C, --cwd <folder>", "Run as if started in another folder")
    .option("--non-interactive", "Never ask")
    .addOption(new Option("--color <when>", "Colorize output").choices(["always", "never", "auto"]).default("auto"))
    .exitOverride()
    .configureOutput({ writeOut: surroundings.out, writeErr: surroundings.out, outputError: () => {} })
    .hook("preAction", (_, command) => {
      const { cwd, color, nonInteractive } = program.opts<{ cwd?: string; color: string; nonInteractive?: boolean }>();
      if (cwd !== undefined) changeFolder(cwd);
      else if (command.name() !== "version") requireFolder(surroundings.cwd);
      if (color !== "auto") surroundings.colors = color === "always";
      if (nonInteractive) surroundings.interactive = false;
    });
  for (const operation of ["up", "preview", "refresh", "destroy"] as const)
    addOperation(program, operation, surroundings);
  addStackCommands(program, surroundings);
  addConfigCommands(program, surroundings);
  program
    .command("cancel")
    .description("Cancel a stack's currently running update, if any: take away the lock of a run that was killed")
    .argument("[name]")
    .option("-s, --stack <name>", "The name of the stack to operate on. Defaults to the current stack")
    .option("-y, --yes", "Skip confirmation prompts, and proceed with cancellation anyway")
    .action((name, flags) => cancel(name, flags, surroundings));
  program
    .command("import", { hidden: true })
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CliError(
        `there is no import: what is there already is taken over by the program's own resource, with the argument adopt: true, and \`${command} up\``,
      );
    });
  program
    .command("version")
    .description("Print the version")
    .action(() => surroundings.out(`${packageVersion(name)}\n`));
  return program;
}

/** Refuses to look for a project where nothing is any more. */
function requireFolder(folder: string): void {
  if (existsSync(folder)) return;
  throw new CliError(
    `the current folder ${folder} is gone; change to one that is there (cd <folder>), or name one: --cwd <folder>`,
  );
}

const ALIASES: Partial<Record<Operation, string>> = { up: "update", preview: "pre", destroy: "down" };

function addOperation(program: Command, operation: Operation, surroundings: Surroundings): void {
  const command = program
    .command(operation)
    .description(DESCRIPTIONS[operation])
    .option("-s, --stack <name>", "The name of the stack to operate on. Defaults to the current stack")
    .option("-j, --json", "Serialize diffs, operations, and overall output as JSON")
    .option("--diff", "Display operation as a rich diff showing the overall change")
    .option("--expect-no-changes", "Return an error if any changes occur during this operation")
    .option("-p, --parallel <n>", "Allow P resource operations to run in parallel at once", positive)
    .option("--show-secrets", "Show secrets in plaintext in the CLI output")
    .option("-m, --message <text>", "Optional message to associate with the operation");
  const alias = ALIASES[operation];
  if (alias) command.alias(alias);
  if (operation !== "refresh") {
    const refresh = new Option("-r, --refresh [bool]", "Refresh the state of the stack's resources first");
    command.addOption(refresh.argParser(boolean).preset("true"));
  }
  addScope(command, operation);
  if (operation !== "preview") {
    command
      .option("-y, --yes", "Automatically approve and perform the operation after previewing it")
      .option("-f, --skip-preview", "Do not calculate a preview before performing the operation");
  }
  if (operation === "refresh" || operation === "destroy") {
    command.option("--preview-only", "Only show a preview, but don't perform the operation itself");
  }
  command.action((flags: Omit<OperationFlags, "expectChanges"> & { expectNoChanges?: boolean }) =>
    operate(operation, { ...flags, expectChanges: !flags.expectNoChanges }, surroundings),
  );
}

/** A flag that may be given again and again. */
const each = (text: string, before: string[] = []): string[] => [...before, text];

function addScope(command: Command, operation: Operation): void {
  command
    .option("-t, --target <urn>", "Work on this resource only; may be given again, and * and ** are wildcards", each)
    .option("--target-dependents", "Work on what depends on the targets too")
    .option(
      operation === "refresh" || operation === "destroy" ? "-x, --exclude <urn>" : "--exclude <urn>",
      "Leave this resource out; may be given again",
      each,
    )
    .option("--exclude-dependents", "Leave out what depends on the excluded too");
  if (operation === "refresh" || operation === "destroy") return;
  command
    .option("--replace <urn>", "Replace this resource even if it hasn't changed; may be given again", each)
    .option("--target-replace <urn>", "The same as --target and --replace", each);
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It must be a whole number from 1 on.");
  return number;
}

function boolean(text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new InvalidArgumentError('It must be "true" or "false".');
}

/** The version in the distribution's own package.json: above the sources as well as above dist. */
function packageVersion(distribution: string): string {
  for (let folder = import.meta.dirname, child = ""; folder !== child; child = folder, folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version: string };
    if (name === distribution) return version;
  }
  return "unknown";
}
