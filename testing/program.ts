import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import {
  type ConfigValue,
  fullKey,
  inlineProgram,
  loadProject,
  loadSdk,
  PassphraseCrypter,
  type PlainConfig,
  type Project,
  readPassphrase,
  resolveConfig,
  type StartProgram,
  stackSettings,
  startProgram,
} from "../engine/index.js";
import { IN_TESTS } from "./distribution.js";

/**
 * A program: a function that declares resources and returns outputs, or the folder of a project.
 */
export type Program = string | (() => unknown);

/** A value of configuration that may be a secret. */
export interface ConfigSetting {
  /** The value. Any text. */
  value: string;
  /**
   * Whether it is a secret.
   *
   * @defaultValue `false`
   */
  secret?: boolean;
}

/** Configuration by key, `name` or `namespace:name`, as the Automation API takes it. */
export type ConfigMap = Record<string, string | ConfigSetting>;

/** How a program is run. */
export interface ProgramOptions {
  /**
   * Name of the project that a function is of, such as `"test"`. A folder has it in its
   * Pulumi.yaml.
   *
   * @defaultValue `"test"`
   */
  project?: string;
  /**
   * Name of the stack, such as `"test"`. The settings of a folder are read too, from
   * `Pulumi.<stack>.yaml`.
   *
   * @defaultValue `"test"`
   */
  stack?: string;
  /**
   * Configuration by key. Any text is a value. It goes before what the project and the settings of
   * the stack say.
   *
   * @defaultValue None.
   */
  config?: ConfigMap;
  /**
   * Folder from which the resources of a function find their modules, such as `"."`.
   *
   * @defaultValue The current folder.
   */
  folder?: string;
}

/** A program that is ready to be run. */
export interface Prepared {
  project: Project;
  stack: string;
  config: Record<string, string>;
  secretKeys: string[];
  start: StartProgram;
}

/** Finds out how a program is to be run. */
export async function prepare(program: Program, options: ProgramOptions): Promise<Prepared> {
  const { stack = "test" } = options;
  if (typeof program !== "string") {
    const project: Project = { name: options.project ?? "test", root: resolve(options.folder ?? "."), options: {} };
    requireOneSdk(project.root);
    const start = inlineProgram(async () => program());
    return { project, stack, start, ...withConfig(options.config, project.name, { values: {}, secretKeys: [] }) };
  }
  const folder = resolve(program);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`program "${program}": ${folder} is no folder; give the folder of a Pulumi.yaml, or a function`);
  }
  const project = await loadProject(folder, IN_TESTS.command);
  const settings = await stackSettings(project, { project: project.name, name: stack }, IN_TESTS.command);
  const all = { ...project.defaults, ...settings.config(project.name) };
  const decrypt = JSON.stringify(all).includes('"secure":') ? await decrypter(settings.encryptionSalt) : refuseSecret;
  const own = resolveConfig(all as Record<string, ConfigValue>, decrypt);
  return { project, stack, start: startProgram, ...withConfig(options.config, project.name, own) };
}

/**
 * A second copy of the SDK in this process would never hear of the engine, and all its resources
 * would be lost without a word.
 */
function requireOneSdk(folder: string): void {
  const { folder: theirs } = loadSdk(folder);
  const ours = dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
  if (theirs === ours) return;
  throw new Error(
    `folder "${folder}": from here @pulumi/pulumi is ${theirs}, and for pulumi-hostnet ${ours}; a program and its resources must have one copy: \`npm dedupe\`, or give the folder where both are one`,
  );
}

function withConfig(given: ConfigMap = {}, project: string, own: PlainConfig) {
  const config = { ...own.values };
  const secretKeys = new Set(own.secretKeys);
  for (const [key, entry] of Object.entries(given)) {
    const full = fullKey(key, project, "config");
    const { value, secret = false } = typeof entry === "string" ? { value: entry } : entry;
    config[full] = value;
    if (secret) secretKeys.add(full);
    else secretKeys.delete(full);
  }
  return { config, secretKeys: [...secretKeys] };
}

async function decrypter(salt: string | undefined): Promise<(sealed: string) => string> {
  if (salt === undefined) return refuseSecret;
  const passphrase = await readPassphrase({ env: process.env, cwd: process.cwd(), interactive: false, ask: noAnswer });
  const crypter = await PassphraseCrypter.open(passphrase, salt);
  return (sealed) => crypter.decrypt(sealed);
}

const refuseSecret = (): never => {
  throw new Error("the stack's settings have no encryptionsalt");
};
const noAnswer = () => Promise.reject(new Error("there is nobody to ask"));
