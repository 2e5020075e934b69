import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf } from "../model/errors.js";
import { about, readText } from "../model/file-errors.js";
import type { Snapshot } from "../model/types.js";
import { formatCheckpoint, parseCheckpoint } from "../state/checkpoint.js";
import { integrityProblem } from "../state/integrity.js";
import { IncorrectPassphrase, PassphraseCrypter } from "../state/passphrase.js";
import { SecretKeeper } from "../state/secrets.js";
import { saltOf, sealFor } from "../state/store.js";
import { CliError } from "./errors.js";
import { readPassphrase, stackCrypter } from "./passphrase.js";
import { openWorkspace, requireStack, stackSettings } from "./stack-context.js";
import type { Surroundings } from "./surroundings.js";

interface Deployment {
  version: number;
  deployment: Snapshot | null;
}

/** `stack export`: the state as it stands in the file, or with its secrets in plain text. */
export async function exportStack(
  flags: { stack?: string; file?: string; showSecrets?: boolean },
  surroundings: Surroundings,
): Promise<void> {
  const workspace = await openWorkspace(surroundings);
  const stack = await requireStack(workspace, flags.stack, surroundings.env);
  const { version, latest } = await workspace.backend.read(stack);
  let deployment = latest;
  if (latest && flags.showSecrets) {
    const salt = saltOf(latest, workspace.backend.stackFile(stack), workspace.backend.command);
    if (salt !== undefined) deployment = new SecretKeeper(await opener(salt, surroundings)).open(latest);
  }
  const text = `${JSON.stringify({ version, deployment: deployment ?? null } satisfies Deployment, null, 4)}\n`;
  if (flags.file === undefined) surroundings.out(text);
  else {
    const file = resolve(surroundings.cwd, flags.file);
    await writeFile(file, text, { mode: 0o600 }).catch(about(file));
  }
}

/**
 * `stack import`: puts an exported state, perhaps mended by hand, in place of the stack's own. That
 * one stays as a backup.
 */
export async function importStack(
  flags: { stack?: string; file?: string; force?: boolean },
  surroundings: Surroundings,
): Promise<void> {
  const workspace = await openWorkspace(surroundings);
  const { backend, project } = workspace;
  const stack = await requireStack(workspace, flags.stack, surroundings.env);
  const source = flags.file ?? "standard input";
  const text = flags.file === undefined ? await surroundings.input() : await readInput(flags.file, surroundings);
  const imported = parseDeployment(text, source);
  const problems = [
    ...imported.resources
      .filter(({ urn }) => urn.split("::")[0] !== `urn:pulumi:${stack.name}`)
      .map(
        ({ urn }) => `resource '${urn}' is from a different stack (${urn.split("::")[0]!.slice(11)} != ${stack.name})`,
      ),
    ...[integrityProblem(imported.resources)]
      .flatMap((problem) => problem ?? [])
      .map((problem) => `state file contains errors: ${problem}`),
  ];
  if (problems.length > 0 && !flags.force) {
    throw new CliError(
      [...problems, "importing this file could be dangerous; rerun with --force to proceed anyway"].join("\n"),
    );
  }
  for (const problem of problems) surroundings.err(`warning: ${problem}\n`);
  for (const { type, resource } of imported.pending_operations ?? []) {
    surroundings.err(`warning: removing pending operation '${type}' on '${resource.urn}' from snapshot\n`);
  }
  const { pending_operations: _, ...rest } = imported;
  const crypter = await stackCrypter(
    await stackSettings(project, stack, backend.command),
    backend,
    stack,
    surroundings,
  );
  const lock = await backend.lock(stack);
  try {
    const salt = saltOf(imported, source, backend.command);
    const keeper = new SecretKeeper(crypter);
    const other = salt !== undefined && salt !== crypter.salt;
    const open = keeper.open(rest as Snapshot, other ? await opener(salt, surroundings) : crypter);
    const { latest: __, ...checkpoint } = await backend.read(stack);
    await backend.write(stack, formatCheckpoint(checkpoint, sealFor(keeper, crypter.salt, open)));
  } finally {
    await lock.release();
  }
  surroundings.out("Import complete.\n");
}

async function readInput(file: string, { cwd }: Surroundings): Promise<string> {
  return readText(resolve(cwd, file)).catch((error: Error) => {
    throw new CliError(`could not open file: ${messageOf(error)}`);
  });
}

/** Reads what `export` writes; refuses, as for a stack's file, what couldn't be kept whole. */
function parseDeployment(text: string, source: string): Snapshot {
  let parsed: Partial<Deployment> | undefined;
  try {
    parsed = JSON.parse(text) as Partial<Deployment>;
  } catch (error) {
    throw new CliError(
      `${source}: it is not JSON (${(error as Error).message}); give what \`stack export\` has written`,
    );
  }
  const { version, deployment, ...envelope } = parsed ?? {};
  const file = Buffer.from(JSON.stringify({ version, ...envelope, checkpoint: { latest: deployment } }));
  const { latest } = parseCheckpoint(file, source, "mend it, or give what `stack export` has written");
  if (latest === undefined)
    throw new CliError(`${source}: there is no deployment in it; give what \`stack export\` has written`);
  return latest;
}

async function opener(salt: string, surroundings: Surroundings): Promise<PassphraseCrypter> {
  try {
    return await PassphraseCrypter.open(await readPassphrase(surroundings), salt);
  } catch (error) {
    if (!(error instanceof IncorrectPassphrase)) throw error;
    throw new CliError(
      "incorrect passphrase; set PULUMI_CONFIG_PASSPHRASE to the one that the state's secrets were sealed with",
    );
  }
}
