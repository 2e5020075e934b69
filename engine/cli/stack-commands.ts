import { rm } from "node:fs/promises";
import type { StackSummary } from "../state/backend.js";
import { fullName, parseStackReference, type StackReference } from "../state/names.js";
import { PassphraseCrypter } from "../state/passphrase.js";
import { ago } from "./ago.js";
import { CliError, EXIT } from "./errors.js";
import { readPassphrase, requirePassphraseProvider } from "./passphrase.js";
import { settingsFile } from "./project.js";
import {
  noSuchStack,
  openProject,
  openWorkspace,
  requireStack,
  stackSettings,
  type Workspace,
} from "./stack-context.js";
import type { Surroundings } from "./surroundings.js";
import { table } from "./table.js";

const onlyOne = (argument: string | undefined, flag: string | undefined) => {
  if (argument && flag) {
    throw new CliError("only one of --stack or argument stack name may be specified, not both");
  }
  return argument ?? flag;
};

interface InitFlags {
  stack?: string;
  select: boolean;
  secretsProvider: string;
}

/** `stack init`: an empty state, and a salt in the stack's settings. */
export async function initStack(
  argument: string | undefined,
  flags: InitFlags,
  surroundings: Surroundings,
): Promise<void> {
  const { command } = surroundings.distribution;
  let name = onlyOne(argument, flags.stack);
  if (!name && surroundings.interactive)
    name = (await surroundings.ask("Please enter your desired stack name: ")).trim();
  if (!name) throw new CliError(`missing stack name; ${command} stack init <name>`);
  if (!["default", "passphrase"].includes(flags.secretsProvider)) {
    throw new CliError(
      `--secrets-provider ${flags.secretsProvider}: ${command} knows "passphrase" only; use the Pulumi CLI for others`,
    );
  }
  const workspace = await openProject(surroundings);
  const stack = await createStack(workspace, name, surroundings);
  if (flags.select) await workspace.selection?.select(fullName(stack));
}

async function createStack(workspace: Workspace, name: string, surroundings: Surroundings): Promise<StackReference> {
  const { project, backend } = workspace;
  const stack = parseStackReference(name, project?.name);
  if (backend.exists(stack)) throw new CliError(`stack '${fullName(stack)}' already exists`);
  const settings = await stackSettings(project, stack, backend.command);
  requirePassphraseProvider(settings);
  const again = "Enter your passphrase to protect config/secrets: ";
  const crypter =
    settings.encryptionSalt === undefined
      ? await PassphraseCrypter.create(await readPassphrase(surroundings, again))
      : undefined;
  await backend.create(stack);
  if (crypter && settings.file) await settings.saveEncryptionSalt(crypter.salt);
  surroundings.err(`Created stack '${stack.name}'\n`);
  return stack;
}

/** `stack select`: shared with the CLI. */
export async function selectStack(
  argument: string | undefined,
  flags: { stack?: string; create?: boolean },
  surroundings: Surroundings,
): Promise<void> {
  const workspace = await openProject(surroundings);
  let name = onlyOne(argument, flags.stack);
  if (!name && surroundings.interactive) {
    const names = (await workspace.backend.list(workspace.project.name)).map((stack) => stack.name);
    name = (await surroundings.ask(`Please choose a stack (${names.join(", ")}): `)).trim();
  }
  if (!name) throw new CliError("no stack selected; specify a stack name with --stack", EXIT.stackNotFound);
  const stack = parseStackReference(name, workspace.project.name);
  if (!workspace.backend.exists(stack)) {
    if (!flags.create) {
      throw noSuchStack(name, workspace.backend);
    }
    await createStack(workspace, name, surroundings);
  }
  await workspace.selection?.select(fullName(stack));
}

/** `stack ls`: a table, or JSON. */
export async function listStacks(flags: { all?: boolean; json?: boolean }, surroundings: Surroundings): Promise<void> {
  const { project, backend, selection } = await openWorkspace(surroundings);
  const selected = await selection?.current();
  const current = selected === undefined ? undefined : fullName(parseStackReference(selected, project?.name));
  const stacks = await backend.list(flags.all ? undefined : project?.name);
  const nameOf = (stack: StackSummary) => (stack.project === project?.name ? stack.name : fullName(stack));
  const isCurrent = (stack: StackSummary) => fullName(stack) === current;
  if (flags.json) {
    const entries = stacks.map((stack) => ({
      name: nameOf(stack),
      current: isCurrent(stack),
      ...(stack.lastUpdate ? { lastUpdate: `${new Date(stack.lastUpdate).toISOString()}` } : {}),
      ...(stack.resourceCount === undefined ? {} : { resourceCount: stack.resourceCount }),
    }));
    surroundings.out(`${JSON.stringify(entries, null, 2)}\n`);
    return;
  }
  const rows = stacks.map((stack) => [
    `${nameOf(stack)}${isCurrent(stack) ? "*" : ""}`,
    stack.lastUpdate ? ago(stack.lastUpdate) : "n/a",
    stack.resourceCount === undefined ? "n/a" : String(stack.resourceCount),
  ]);
  surroundings.out(table([["NAME", "LAST UPDATE", "RESOURCE COUNT"], ...rows]));
}

interface RemoveFlags {
  stack?: string;
  yes?: boolean;
  force?: boolean;
  preserveConfig?: boolean;
}

/** `stack rm`: only a stack without resources, unless forced. */
export async function removeStack(
  argument: string | undefined,
  flags: RemoveFlags,
  surroundings: Surroundings,
): Promise<void> {
  const workspace = await openWorkspace(surroundings);
  const { project, backend, selection } = workspace;
  const { command } = backend;
  const stack = await requireStack(workspace, onlyOne(argument, flags.stack), surroundings.env);
  if (!flags.yes) {
    if (!surroundings.interactive) throw new CliError("non-interactive mode requires --yes flag");
    const answer = await surroundings.ask(
      `This will permanently remove the '${stack.name}' stack!\nPlease confirm that this is what you'd like to do by typing \`${stack.name}\`: `,
    );
    if (answer.trim() !== stack.name) throw new CliError("confirmation declined");
  }
  const lock = await backend.lock(stack);
  try {
    const left = (await backend.read(stack)).latest?.resources ?? [];
    if (!flags.force && left.some((resource) => resource.type !== "pulumi:pulumi:Stack")) {
      throw new CliError(
        `'${stack.name}' still has resources; removal rejected. Possible actions:\n` +
          `- Make sure that '${stack.name}' is the stack that you want to destroy\n` +
          `- Run \`${command} destroy\` to delete the resources, then run \`${command} stack rm\`\n` +
          `- Run \`${command} stack rm --force\` to override this error`,
      );
    }
    await backend.remove(stack);
  } finally {
    await lock.release();
  }
  if (!flags.preserveConfig && project?.name === stack.project) {
    await rm(settingsFile(project, stack.name), { force: true });
  }
  await selection?.select(undefined);
  surroundings.out(`Stack '${stack.name}' has been removed!\n`);
}
