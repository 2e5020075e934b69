import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { readConfig } from "../config.js";
import type { ConfigValue } from "../config-values.js";
import { isObject } from "../json.js";
import { projectNameProblem } from "../state/names.js";
import type { Project } from "../types.js";
import { type ConfigType, isOfType, nameOfType, readType } from "./config-schema.js";
import { CliError } from "./errors.js";

/** A project and what Pulumi.yaml says beyond what the engine needs. */
export interface ProjectFile extends Project {
  /** The path of Pulumi.yaml itself. */
  file: string;
  backendUrl?: string;
  /** The folder of the stacks' settings files. */
  settingsFolder: string;
  /** Configuration that holds for all stacks that don't say otherwise. */
  defaults: Record<string, ConfigValue>;
  /** Full keys that a stack must configure, as they have no default. */
  required: string[];
  /** The types of keys that have one. */
  types: Record<string, ConfigType>;
}

const NAMES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** The project file of `folder` or of the nearest folder above it. */
export function findProjectFile(folder: string): string | undefined {
  for (let here = resolve(folder); ; here = dirname(here)) {
    const found = NAMES.map((name) => join(here, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (here === dirname(here)) return undefined;
  }
}

/** Reads the project that `cwd` lies in. */
export async function loadProject(cwd: string): Promise<ProjectFile> {
  const file = findProjectFile(cwd);
  if (file === undefined) {
    throw new CliError(
      `no Pulumi.yaml project file found (searching upwards from ${cwd}). Change to the folder of a Pulumi project, or name it with --cwd`,
    );
  }
  const document = parseDocument(await readFile(file, "utf8"));
  const [problem] = document.errors;
  if (problem) throw new CliError(`${file}: ${problem.message}`);
  const content = (document.toJS() ?? {}) as Record<string, unknown>;
  const name = content.name;
  if (typeof name !== "string") throw new CliError(`${file}: "name" is missing; give the project a name`);
  const wrong = projectNameProblem(name);
  if (wrong) throw new CliError(`${file}: name "${name}": ${wrong}`);
  const root = dirname(file);
  const runtime = readRuntime(content.runtime, file);
  const backend = content.backend as { url?: string } | undefined;
  const folder = content.stackConfigDir ?? (typeof content.config === "string" ? content.config : undefined);
  const configNode = document.get("config", true);
  const config =
    configNode === undefined || typeof content.config === "string"
      ? { defaults: {}, required: [], types: {} }
      : projectConfig(readConfig(configNode as never, name, file), file);
  return {
    name,
    root,
    file,
    options: runtime,
    settingsFolder: typeof folder === "string" ? resolve(root, folder) : root,
    ...config,
    ...(typeof content.main === "string" ? { main: content.main } : {}),
    ...(backend?.url ? { backendUrl: backend.url } : {}),
  };
}

function readRuntime(runtime: unknown, file: string): Record<string, unknown> {
  const { name, options } =
    typeof runtime === "object" && runtime !== null
      ? (runtime as { name?: string; options?: Record<string, unknown> })
      : { name: runtime, options: undefined };
  if (name === "nodejs") return options ?? {};
  throw new CliError(
    `${file}: runtime "${String(name)}": hostnet runs programs of runtime "nodejs" only; use the Pulumi CLI for this program: pulumi up`,
  );
}

/** Refuses to run a program that isn't there. */
export function requireMain({ file, root, main }: ProjectFile): void {
  if (main === undefined || existsSync(resolve(root, main))) return;
  throw new CliError(`${file}: main "${main}": there is no such file or folder in ${root}; build it, or name another`);
}

/** In a project file an entry is a value, or a description with `value` or `default`. */
function projectConfig(
  entries: Record<string, ConfigValue>,
  file: string,
): Pick<ProjectFile, "defaults" | "required" | "types"> {
  const defaults: Record<string, ConfigValue> = {};
  const required: string[] = [];
  const types: Record<string, ConfigType> = {};
  for (const [key, entry] of Object.entries(entries)) {
    if (!isObject(entry)) {
      defaults[key] = entry;
      continue;
    }
    const type = readType(key, entry, file);
    if (type) types[key] = type;
    const value = entry.value ?? entry.default;
    if (value !== undefined) defaults[key] = defaultValue(key, value, type, file);
    else if (entry.type !== undefined) required.push(key);
  }
  return { defaults, required, types };
}

function defaultValue(key: string, value: ConfigValue, type: ConfigType | undefined, file: string): ConfigValue {
  if (type && !isOfType(value, type))
    throw new CliError(
      `${file}: config "${key}": the default ${JSON.stringify(value)} is not of type ${nameOfType(type)}`,
    );
  return typeof value === "object" && value !== null ? value : String(value);
}

/** The settings file of a stack of this project. */
export function settingsFile(project: ProjectFile, stack: string): string {
  const extension = /\.yml$/.test(project.file) ? "yml" : "yaml";
  return join(project.settingsFolder, `Pulumi.${stack}.${extension}`);
}
