import { type ConfigPath, coerced, parseConfigPath, typed, valueAt, withoutValue, withValue } from "../config/path.js";
import { fullKey, type StackSettings } from "../config/settings.js";
import { type ConfigValue, isSealed, resolveConfig } from "../config/values.js";
import { messageOf } from "../model/errors.js";
import type { StackReference } from "../state/names.js";
import { CliError } from "./errors.js";
import { stackCrypter } from "./passphrase.js";
import type { ProjectFile } from "./project.js";
import { openProject, requireSameProject, requireStack, stackSettings, type Workspace } from "./stack-context.js";
import type { Surroundings } from "./surroundings.js";
import { table } from "./table.js";

interface Flags {
  stack?: string;
  json?: boolean;
  showSecrets?: boolean;
  secret?: boolean;
  plaintext?: boolean;
  path?: boolean;
  raw?: boolean;
  type?: string;
}

interface Opened {
  workspace: Workspace & { project: ProjectFile };
  stack: StackReference;
  settings: StackSettings;
  config: Record<string, ConfigValue>;
}

async function open({ stack: asked }: Flags, surroundings: Surroundings): Promise<Opened> {
  const workspace = await openProject(surroundings);
  const stack = await requireStack(workspace, asked, surroundings.env);
  requireSameProject(workspace.project, stack);
  const settings = await stackSettings(workspace.project, stack, workspace.backend.command);
  return { workspace, stack, settings, config: settings.config(workspace.project.name) };
}

const crypterOf = ({ workspace, settings, stack }: Opened, surroundings: Surroundings) =>
  stackCrypter(settings, workspace.backend, stack, surroundings);

/** What a command names: a key, in full and as people see it, or with `--path` a value in it. */
interface Named extends ConfigPath {
  key: string;
  shown: string;
}

/** With `--path` a namespace stands before the first name, and never within brackets. */
function named(text: string, { path }: Flags, { workspace: { project } }: Opened): Named {
  const shown = text.startsWith(`${project.name}:`) ? text.slice(project.name.length + 1) : text;
  if (!path) return { key: fullKey(text, project.name, "configuration"), shown, name: text, within: [] };
  const [prefix, namespace] = /^([^:.[]*):(?:config:)?/.exec(text) ?? ["", project.name];
  const { name, within } = parseConfigPath(text.slice(prefix.length));
  return { key: `${namespace}:${name}`, shown, name, within };
}

/**
 * `config set`: writes a value or a secret into the stack's settings. Without a value it takes
 * standard input.
 */
export async function setConfig(
  key: string,
  given: string | undefined,
  flags: Flags,
  surroundings: Surroundings,
): Promise<void> {
  const opened = await open(flags, surroundings);
  const path = settable(() => named(key, flags, opened));
  const text = given ?? (await readValue(flags, surroundings));
  const crypter = flags.secret ? await crypterOf(opened, surroundings) : undefined;
  const root = settable(() => {
    const value = crypter ? { secure: crypter.encrypt(text) } : written(text, path, flags);
    return withValue(opened.config[path.key], path, value, surroundings.distribution.command);
  });
  await opened.settings.setConfig(path.key, root, path.within);
}

/** Says of what can't be written that it can't. */
function settable<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new CliError(`could not set config: ${messageOf(error)}`);
  }
}

async function readValue({ secret, raw }: Flags, { interactive, ask, input }: Surroundings): Promise<string> {
  if (interactive) return ask("value: ", secret ?? false);
  const text = await input();
  return raw ? text : text.replace(/\r?\n$/, "");
}

/** What a text is written as: within a key's value as what it looks like, else as it is. */
function written(text: string, { within }: ConfigPath, { type }: Flags): ConfigValue {
  const value = type === undefined ? coerced(text) : typed(text, type);
  return within.length > 0 ? value : text;
}

/** `config get`: one value, a secret in plain text. */
export async function getConfig(key: string, flags: Flags, surroundings: Surroundings): Promise<void> {
  const opened = await open(flags, surroundings);
  const { key: full, shown: name, within } = named(key, flags, opened);
  const value = valueAt(opened.config[full] ?? opened.workspace.project.defaults[full], within);
  if (value === undefined) {
    throw new CliError(`configuration key '${name}' not found for stack '${opened.stack.name}'`);
  }
  const { values, secretKeys } = await resolve({ [full]: value }, opened, true, surroundings);
  const secret = secretKeys.length > 0;
  const shown = { name: full, ...asJson(value, values[full]!), secret };
  if (flags.json) surroundings.out(`${JSON.stringify(shown, null, 2)}\n`);
  else surroundings.data(`${values[full]}\n`);
}

/** `config`: all values; secrets only when asked for. */
export async function listConfig(flags: Flags, surroundings: Surroundings): Promise<void> {
  const opened = await open(flags, surroundings);
  const config = { ...opened.workspace.project.defaults, ...opened.config };
  const { values, secretKeys } = await resolve(config, opened, flags.showSecrets ?? false, surroundings);
  const keys = Object.keys(values).sort();
  if (flags.json) {
    const entries = keys.map((key) => {
      const secret = secretKeys.includes(key);
      return [key, { ...(secret && !flags.showSecrets ? {} : asJson(config[key]!, values[key]!)), secret }];
    });
    surroundings.out(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
    return;
  }
  const short = (key: string) => key.replace(`${opened.workspace.project.name}:`, "");
  const rows = keys.flatMap((key) => {
    const [first = "", ...more] = values[key]!.split("\n");
    return [[short(key), first], ...more.map((line) => ["", line])];
  });
  surroundings.out(table([["KEY", "VALUE"], ...rows]));
}

/** A value for `--json`; of a list or a map what it holds too. */
function asJson(value: ConfigValue, text: string): { value: string; objectValue?: unknown } {
  const isStructure = typeof value === "object" && value !== null && !isSealed(value);
  return { value: text, ...(isStructure ? { objectValue: JSON.parse(text) } : {}) };
}

/** `config rm`. */
export async function removeConfig(key: string, flags: Flags, surroundings: Surroundings): Promise<void> {
  const opened = await open(flags, surroundings);
  const path = named(key, flags, opened);
  const before = opened.config[path.key];
  if (path.within.length === 0) return opened.settings.setConfig(path.key, undefined);
  if (valueAt(before, path.within) === undefined) return;
  await opened.settings.setConfig(path.key, withoutValue(before!, path), path.within);
}

/** The passphrase is asked for only when a secret is to be seen. */
async function resolve(config: Record<string, ConfigValue>, opened: Opened, show: boolean, surroundings: Surroundings) {
  const crypter = show && Object.values(config).some(holdsSecret) ? await crypterOf(opened, surroundings) : undefined;
  return resolveConfig(config, (text) => (crypter ? crypter.decrypt(text) : "[secret]"));
}

const holdsSecret = (value: ConfigValue): boolean =>
  isSealed(value) || (typeof value === "object" && value !== null && Object.values(value).some(holdsSecret));
