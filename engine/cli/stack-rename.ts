import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { basename } from "node:path";
import { formatCheckpoint } from "../state/checkpoint.js";
import { fullName, parseStackReference, type StackReference } from "../state/names.js";
import { renamed } from "../state/renaming.js";
import { CliError } from "./errors.js";
import { settingsFile } from "./project.js";
import { openWorkspace, requireStack, type Workspace } from "./stack-context.js";
import type { Surroundings } from "./surroundings.js";

/**
 * `stack rename`: a stack, or with a full name its project too, gets another name, in its state,
 * history and settings; and is selected.
 */
export async function renameStack(
  argument: string,
  flags: { stack?: string },
  surroundings: Surroundings,
): Promise<void> {
  const workspace = await openWorkspace(surroundings);
  const { backend, project, selection } = workspace;
  const from = await requireStack(workspace, flags.stack, surroundings.env);
  const to = parseStackReference(argument, project?.name);
  const shown = (stack: StackReference) => (stack.project === project?.name ? stack.name : fullName(stack));
  const locks = [await backend.lock(from)];
  try {
    if (backend.exists(to)) throw new CliError(`a stack named ${shown(to)} already exists`);
    const settings = settingsToMove(workspace, from, to);
    locks.push(await backend.lock(to));
    const { latest, header, ...checkpoint } = await backend.read(from);
    const named = { ...checkpoint, header: { ...header, stack: fullName(to) } };
    await backend.rename(from, to, formatCheckpoint(named, latest && renamed(latest, from, to)));
    if (settings) await rename(settings.from, settings.to);
  } finally {
    for (const lock of locks) await lock.release();
  }
  await selection?.select(fullName(to));
  surroundings.out(`Renamed ${shown(from)} to ${shown(to)}\n`);
}

/**
 * The settings are this project's, whatever project the state is of. Those that are there under the
 * new name are not replaced.
 */
function settingsToMove({ project }: Workspace, from: StackReference, to: StackReference) {
  if (!project) return undefined;
  const [before, after] = [settingsFile(project, from.name), settingsFile(project, to.name)];
  if (before === after || !existsSync(before)) return undefined;
  if (existsSync(after))
    throw new CliError(
      `${basename(after)} is there already, and the settings of this stack are to be called so: move it away, or choose another name`,
    );
  return { from: before, to: after };
}
