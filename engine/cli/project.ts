import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Document } from "yaml";
import { readConfig } from "../config/settings.js";
import type { ConfigValue } from "../config/values.js";
import { readText } from "../model/file-errors.js";
import { isObject } from "../model/json.js";
import type { Project } from "../model/types.js";
import { parseYaml } from "../model/yaml-file.js";
import { projectNameProblem } from "../state/names.js";
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

/** Reads the project that `cwd` lies in. `command` is for messages. */
export async function loadProject(cwd: string, command: string): Promise<ProjectFile> {
  const file = findProjectFile(cwd);
  if (file === undefined) {
    throw new CliError(
      `no Pulumi.yaml project file found (searching upwards from ${cwd}). Change to the folder of a Pulumi project, or name it with --cwd`,
    );
  }
  const document = parseYaml(await readText(file), file);
  const content = contentOf(document, file);
  const { name } = content;
  const wrong = projectNameProblem(name);
  if (wrong) throw new CliError(`${file}: name "${name}": ${wrong}`);
  const root = dirname(file);
  const runtime = readRuntime(content.runtime, file, command);
  const backend = content.backend as { url?: string } | undefined | null;
  const folder = content.stackConfigDir ?? (typeof content.config === "string" ? content.config : undefined);
  const configNode = document.get("config", true);
  const config =
    configNode === undefined || typeof content.config === "string"
      ? { defaults: {}, required: [], types: {} }
      : projectConfig(readConfig(configNode, name, file), file);
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

/** What a project file may say that is read here, and as what. */
const FORMS: Record<string, [name: string, is: (value: unknown) => boolean]> = {
  name: ["a text", (value) => typeof value === "string"],
  main: ["a path", (value) => typeof value === "string"],
  stackConfigDir: ["a path", (value) => typeof value === "string"],
  backend: ["a map with the url", (value) => isObject(value) && ["undefined", "string"].includes(typeof value.url)],
};

function contentOf(document: Document, file: string): Record<string, unknown> & { name: string } {
  const content = document.toJS() ?? {};
  if (!isObject(content)) throw new CliError(`${file}: a project file must be a map; write name: and runtime: into it`);
  for (const [key, [form, is]] of Object.entries(FORMS)) {
    const value = content[key];
    if (value !== undefined && value !== null && !is(value))
      throw new CliError(`${file}: "${key}" is ${JSON.stringify(value)}, and must be ${form}; correct it`);
  }
  if (typeof content.name !== "string") throw new CliError(`${file}: "name" is missing; give the project a name`);
  return content as Record<string, unknown> & { name: string };
}

function readRuntime(runtime: unknown, file: string, command: string): Record<string, unknown> {
  if (runtime === undefined || runtime === null)
    throw new CliError(`${file}: "runtime" is missing; write runtime: nodejs`);
  const { name, options = {} } = isObject(runtime) ? runtime : { name: runtime };
  if (name !== "nodejs") {
    throw new CliError(
      `${file}: runtime ${typeof name === "string" ? `"${name}"` : JSON.stringify(runtime)}: ${command} runs programs of runtime "nodejs" only; use the Pulumi CLI for this program: pulumi up`,
    );
  }
  if (!isObject(options))
    throw new CliError(
      `${file}: the options of "runtime" are ${JSON.stringify(options)}, and must be a map; correct them`,
    );
  for (const [key, type] of Object.entries({ typescript: "boolean", tsconfig: "string", nodeargs: "string" })) {
    const value = options[key];
    if (value !== undefined && typeof value !== type)
      throw new CliError(
        `${file}: runtime option ${key} is ${JSON.stringify(value)}, and must be a ${type}; correct it`,
      );
  }
  return options;
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
