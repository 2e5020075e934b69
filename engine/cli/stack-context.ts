import { StackSettings } from "../config/settings.js";
import type { FileBackend } from "../state/backend.js";
import { fullName, parseStackReference, type StackReference } from "../state/names.js";
import { openBackend } from "./backend-url.js";
import { CliError, EXIT } from "./errors.js";
import { findProjectFile, loadProject, type ProjectFile, settingsFile } from "./project.js";
import { Selection } from "./selection.js";
import type { Surroundings } from "./surroundings.js";

/** Where a command works: the project, if there is one, and the backend. */
export interface Workspace {
  project: ProjectFile | undefined;
  backend: FileBackend;
  selection: Selection | undefined;
}

export async function openWorkspace(surroundings: Surroundings): Promise<Workspace> {
  const { cwd, distribution } = surroundings;
  const project = findProjectFile(cwd) === undefined ? undefined : await loadProject(cwd, distribution.command);
  const backend = await openBackend(project, surroundings);
  return { project, backend, selection: project && new Selection(project, backend.url, surroundings.env) };
}

/** The same for commands that can do nothing without a project. */
export async function openProject(surroundings: Surroundings): Promise<Workspace & { project: ProjectFile }> {
  const project = await loadProject(surroundings.cwd, surroundings.distribution.command);
  return { ...(await openWorkspace(surroundings)), project };
}

/** The stack that was asked for by flag or `PULUMI_STACK`, else the selected one; it must exist. */
export async function requireStack(
  { project, backend, selection }: Workspace,
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<StackReference> {
  const name = asked || env.PULUMI_STACK || (await selection?.current());
  if (!name) {
    throw new CliError(
      `no stack selected; please use \`${backend.command} stack select\` or \`${backend.command} stack init\` to choose one, or name it with --stack`,
    );
  }
  const stack = parseStackReference(name, project?.name);
  if (!backend.exists(stack)) {
    throw noSuchStack(name, backend);
  }
  return stack;
}

/** What is said where a stack was asked for that there isn't. */
export const noSuchStack = (name: string, { command }: FileBackend): CliError =>
  new CliError(`no stack named '${name}' found; create it: ${command} stack init ${name}`, EXIT.stackNotFound);

/** The settings of a stack; those of a stack of another project are not at hand, and so empty. */
export function stackSettings(
  project: ProjectFile | undefined,
  stack: StackReference,
  command: string,
): Promise<StackSettings> {
  if (project === undefined || project.name !== stack.project) return StackSettings.read("", command);
  return StackSettings.read(settingsFile(project, stack.name), command);
}

/** Refuses to run this project's program on another project's stack. */
export function requireSameProject(project: ProjectFile, stack: StackReference): void {
  if (project.name === stack.project) return;
  throw new CliError(
    `provided project name "${stack.project}" (of the stack ${fullName(stack)}) doesn't match Pulumi.yaml, which says "${project.name}"; choose a stack of this project`,
  );
}
