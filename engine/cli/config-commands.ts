import { type ConfigValue, fullKey, type StackSettings } from "../config.js";
import { isSealed, resolveConfig } from "../config-values.js";
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
  const settings = await stackSettings(workspace.project, stack);
  return { workspace, stack, settings, config: settings.config(workspace.project.name) };
}

const crypterOf = ({ workspace, settings, stack }: Opened, surroundings: Surroundings) =>
  stackCrypter(settings, workspace.backend, stack, surroundings);

const keyOf = (key: string, { workspace }: Opened): string => fullKey(key, workspace.project.name, "configuration");

/**
 * `config set`: writes a value or a secret into the stack's settings. Without a value it takes the
 * first line of standard input.
 */
export async function setConfig(
  key: string,
  given: string | undefined,
  flags: Flags,
  surroundings: Surroundings,
): Promise<void> {
  const opened = await open(flags, surroundings);
  const full = keyOf(key, opened);
  const value = given ?? (await readValue(flags.secret ?? false, surroundings));
  if (!flags.secret) return opened.settings.setConfig(full, value);
  const crypter = await crypterOf(opened, surroundings);
  await opened.settings.setConfig(full, { secure: crypter.encrypt(value) });
}

async function readValue(secret: boolean, { interactive, ask, input }: Surroundings): Promise<string> {
  if (interactive) return ask("value: ", secret);
  return (await input()).replace(/\r?\n$/, "");
}

/** `config get`: one value, a secret in plain text. */
export async function getConfig(key: string, flags: Flags, surroundings: Surroundings): Promise<void> {
  const opened = await open(flags, surroundings);
  const full = keyOf(key, opened);
  const value = opened.config[full] ?? opened.workspace.project.defaults[full];
  if (value === undefined) {
    throw new CliError(`configuration key '${key}' not found for stack '${opened.stack.name}'`);
  }
  const { values, secretKeys } = await resolve({ [full]: value }, opened, true, surroundings);
  const secret = secretKeys.length > 0;
  const shown = { name: full, value: values[full], secret };
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
      return [key, { ...(secret && !flags.showSecrets ? {} : { value: values[key] }), secret }];
    });
    surroundings.out(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
    return;
  }
  const short = (key: string) => key.replace(`${opened.workspace.project.name}:`, "");
  const rows = keys.map((key) => [
    short(key),
    secretKeys.includes(key) && !flags.showSecrets ? "[secret]" : values[key]!,
  ]);
  surroundings.out(table([["KEY", "VALUE"], ...rows]));
}

/** `config rm`. */
export async function removeConfig(key: string, flags: Flags, surroundings: Surroundings): Promise<void> {
  const opened = await open(flags, surroundings);
  await opened.settings.setConfig(keyOf(key, opened), undefined);
}

/** The passphrase is asked for only when a secret is to be seen. */
async function resolve(config: Record<string, ConfigValue>, opened: Opened, show: boolean, surroundings: Surroundings) {
  const crypter = show && Object.values(config).some(holdsSecret) ? await crypterOf(opened, surroundings) : undefined;
  return resolveConfig(config, (text) => (crypter ? crypter.decrypt(text) : "[secret]"));
}

const holdsSecret = (value: ConfigValue): boolean =>
  isSealed(value) || (typeof value === "object" && value !== null && Object.values(value).some(holdsSecret));
