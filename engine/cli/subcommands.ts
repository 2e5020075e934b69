import { type Command, Option, type OptionValues } from "commander";
import { getConfig, listConfig, removeConfig, setConfig } from "./config-commands.js";
import { CliError } from "./errors.js";
import { initStack, listStacks, removeStack, selectStack } from "./stack-commands.js";
import { showOutputs } from "./stack-output.js";
import { renameStack } from "./stack-rename.js";
import { showStack } from "./stack-show.js";
import { exportStack, importStack } from "./stack-transfer.js";
import type { Surroundings } from "./surroundings.js";

/** What `--path` is, below the flags of a command that has it. */
const pathHelp = (command: string, ...examples: string[]) => `
With --path the key leads into a list or a map:
${examples.map((each) => `  ${command} config ${each}\n`).join("")}`;

const stackFlag = ["-s, --stack <name>", "The name of the stack. Defaults to the current stack"] as const;

/** A flag of the subcommand may stand where the parent takes it for its own. */
const all = <Flags extends OptionValues>(command: Command): Flags => command.optsWithGlobals<Flags>();

/**
 * Gives a command what it does without a subcommand. A name behind it that is no subcommand is
 * refused. Returns a function that adds subcommands. All have a flag for the stack.
 */
function withSubcommands<Flags>(
  parent: Command,
  alone: (flags: Flags, surroundings: Surroundings) => Promise<void>,
  surroundings: Surroundings,
) {
  parent
    .option(...stackFlag)
    .allowExcessArguments()
    .action((flags) => {
      const [name] = parent.args;
      if (name === undefined) return alone(flags, surroundings);
      const known = parent.commands.map((each) => each.name()).join(", ");
      throw new CliError(
        `unknown command "${name}" for "${surroundings.distribution.command} ${parent.name()}"; it has ${known}`,
      );
    });
  return (name: string, description: string) =>
    parent
      .command(name)
      .description(description)
      .option(...stackFlag);
}

/** `stack …`, as the Pulumi CLI has it. */
export function addStackCommands(program: Command, surroundings: Surroundings): void {
  const stack = program
    .command("stack")
    .description("Manage stacks and view stack state: all of a stack, or what a subcommand names");
  const named = withSubcommands(stack, showStack, surroundings);
  stack
    .option("-i, --show-ids", "Display each resource's provider-assigned unique ID")
    .option("-u, --show-urns", "Display each resource's Pulumi-assigned globally unique URN")
    .option("--show-name", "Display only the stack name")
    .option("--show-secrets", "Display outputs which are marked as secret in plaintext");
  named("init", "Create an empty stack with the given name, ready for updates")
    .alias("new")
    .argument("[name]")
    .option("--no-select", "Do not select the stack")
    .addOption(new Option("--secrets-provider <type>", "The provider that encrypts secrets").default("default"))
    .action((name, _, command) => initStack(name, all(command), surroundings));
  named("select", "Switch the current workspace to the given stack")
    .argument("[name]")
    .option("-c, --create", "If selected stack does not exist, create it")
    .action((name, _, command) => selectStack(name, all(command), surroundings));
  stack
    .command("ls")
    .alias("list")
    .description("List stacks")
    .option("-a, --all", "List the stacks of all projects")
    .option("-j, --json", "Emit output as JSON")
    .action((flags) => listStacks(flags, surroundings));
  named("rm", "Remove a stack and its configuration")
    .alias("remove")
    .argument("[name]")
    .option("-y, --yes", "Skip confirmation prompts, and proceed with removal anyway")
    .option("-f, --force", "Remove the stack even if it still has resources, which are left behind")
    .option("--preserve-config", "Do not delete the stack's settings file")
    .action((name, _, command) => removeStack(name, all(command), surroundings));
  named("rename", "Rename an existing stack, or with organization/project/stack its project too")
    .argument("<new-stack-name>")
    .action((name, _, command) => renameStack(name, all(command), surroundings));
  named("output", "Show a stack's output properties")
    .argument("[property]")
    .option("-j, --json", "Emit output as JSON")
    .option("--show-secrets", "Display outputs which are marked as secret in plaintext")
    .action((property, _, command) => showOutputs(property, all(command), surroundings));
  named("export", "Export a stack's deployment to standard out")
    .option("--file <path>", "A filename to write stack output to")
    .option("--show-secrets", "Emit secrets in plaintext in exported stack")
    .action((_, command) => exportStack(all(command), surroundings));
  named("import", "Import a deployment from standard in into an existing stack")
    .option("--file <path>", "A filename to read stack input from")
    .option("-f, --force", "Force the import to occur, even if apparent errors are discovered beforehand")
    .action((_, command) => importStack(all(command), surroundings));
}

/** `config …`, as the Pulumi CLI has it. */
export function addConfigCommands(program: Command, surroundings: Surroundings): void {
  const { command } = surroundings.distribution;
  const config = program
    .command("config")
    .description("Manage configuration: all values, or those that a subcommand names");
  const named = withSubcommands(config, listConfig, surroundings);
  config.option("--show-secrets", "Show secret values in plaintext").option("-j, --json", "Emit output as JSON");
  named("set <key> [value]", "Set configuration value; without a value it is read from standard in")
    .addOption(
      new Option("--secret", "Encrypt the value instead of storing it in plaintext").conflicts(["plaintext", "type"]),
    )
    .addOption(new Option("--plaintext", "Save the value as plaintext (unencrypted)").conflicts("type"))
    .option("--path", "The key contains a path to a property in a map or list to set")
    .option("--raw", "Keep the newline at the end of a value from standard in")
    .option("--type <type>", "Save a value in a map or list as string, bool, int or float")
    .addHelpText(
      "after",
      `${pathHelp(
        command,
        "set --path 'names[0]' a",
        "set --path parent.nested value",
        "set --path --secret 'users[0].password'",
        `set --path '["parent.name"]["nested.name"]' value`,
      )}
There "true", "false" and whole numbers are no texts, unless --type says so.
At the top all values are texts.`,
    )
    .action((key, value, _, command) => setConfig(key, value, all(command), surroundings));
  named("get <key>", "Get a single configuration value")
    .option("-j, --json", "Emit output as JSON")
    .option("--path", "The key contains a path to a property in a map or list to get")
    .addHelpText("after", pathHelp(command, "get --path outer.inner", "get --path 'names[0]'"))
    .action((key, _, command) => getConfig(key, all(command), surroundings));
  named("rm <key>", "Remove configuration value")
    .aliases(["remove", "delete"])
    .option("--path", "The key contains a path to a property in a map or list to remove")
    .addHelpText("after", pathHelp(command, "rm --path outer.inner", "rm --path 'names[0]'"))
    .action((key, _, command) => removeConfig(key, all(command), surroundings));
}
