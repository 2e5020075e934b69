import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
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
  return FileBackend.open(url, folder);
}

async function backendUrl(project: ProjectFile | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  return env.PULUMI_BACKEND_URL || project?.backendUrl || (await loggedInto(env)) || "file://~";
}

async function loggedInto(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = join(env.PULUMI_CREDENTIALS_PATH || pulumiHome(env), "credentials.json");
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(await readFile(file, "utf8")) as { current?: string }).current;
  } catch (error) {
    throw new CliError(`${file}: ${(error as Error).message}; log in again, or set PULUMI_BACKEND_URL=file://<folder>`);
  }
}

function folderOf(url: string, { env, cwd }: Surroundings): string {
  if (!url.startsWith("file://")) {
    throw new CliError(
      `backend "${url}": hostnet keeps its state in a folder (file://<folder>) only; set PULUMI_BACKEND_URL=file://~ for ~/.pulumi, or use the Pulumi CLI for this backend`,
    );
  }
  const path = decodeURI(url.slice("file://".length).split("?")[0]!);
  if (path === "~" || path.startsWith("~/")) return join(env.HOME || homedir(), path.slice(1));
  return resolve(cwd, path);
}
