import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { isThere, readText } from "../model/file-errors.js";
import { isObject } from "../model/json.js";
import { FileBackend } from "../state/backend.js";
import { CliError } from "./errors.js";
import type { ProjectFile } from "./project.js";
import { pulumiHome } from "./selection.js";
import type { Surroundings } from "./surroundings.js";

/**
 * Opens the backend that the environment, the project or the CLI's login names, else the one of
 * `pulumi login --local`.
 */
export async function openBackend(project: ProjectFile | undefined, surroundings: Surroundings): Promise<FileBackend> {
  const url = await backendUrl(project, surroundings.env);
  const folder = folderOf(url, surroundings);
  return FileBackend.open(url, folder, surroundings.distribution.command);
}

async function backendUrl(project: ProjectFile | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  return env.PULUMI_BACKEND_URL || project?.backendUrl || (await loggedInto(env)) || "file://~";
}

async function loggedInto(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = join(env.PULUMI_CREDENTIALS_PATH || pulumiHome(env), "credentials.json");
  if (!isThere(file)) return undefined;
  const refuse = (why: string) =>
    new CliError(`${file}: ${why}; log in again, or set PULUMI_BACKEND_URL=file://<folder>`);
  const text = await readText(file);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw refuse(`it is not JSON (${(error as Error).message})`);
  }
  if (!isObject(content)) throw refuse("it is no object");
  const { current } = content;
  if (current !== undefined && typeof current !== "string") throw refuse('its "current" is no text');
  return current;
}

function folderOf(url: string, { env, cwd, distribution }: Surroundings): string {
  if (!url.startsWith("file://")) {
    throw new CliError(
      `backend "${url}": ${distribution.command} keeps its state in a folder (file://<folder>) only; set PULUMI_BACKEND_URL=file://~ for ~/.pulumi, or use the Pulumi CLI for this backend`,
    );
  }
  const path = decoded(url);
  if (path === "~" || path.startsWith("~/")) return join(env.HOME || homedir(), path.slice(1));
  return resolve(cwd, path);
}

function decoded(url: string): string {
  try {
    return decodeURI(url.slice("file://".length).split("?")[0]!);
  } catch {
    throw new CliError(`backend "${url}": a % in it is not followed by two hexadecimal digits; write %25 for a %`);
  }
}
