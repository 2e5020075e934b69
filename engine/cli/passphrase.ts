import { resolve } from "node:path";
import type { StackSettings } from "../config/settings.js";
import { messageOf } from "../model/errors.js";
import { readText } from "../model/file-errors.js";
import type { FileBackend } from "../state/backend.js";
import type { StackReference } from "../state/names.js";
import { IncorrectPassphrase, PassphraseCrypter } from "../state/passphrase.js";
import { CliError } from "./errors.js";
import type { Surroundings } from "./surroundings.js";

/** The passphrase: from the environment, from the file that it names, or typed at the terminal. */
export async function readPassphrase(
  { env, cwd, interactive, ask }: Pick<Surroundings, "env" | "cwd" | "interactive" | "ask">,
  question = "Enter your passphrase to unlock config/secrets\n    (set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to remember): ",
): Promise<string> {
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined) return env.PULUMI_CONFIG_PASSPHRASE;
  const file = env.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (file) {
    try {
      return (await readText(resolve(cwd, file))).trim();
    } catch (error) {
      throw new CliError(`unable to read PULUMI_CONFIG_PASSPHRASE_FILE: ${messageOf(error)}`);
    }
  }
  if (interactive) return ask(question, true);
  throw new CliError(
    "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables (it may be empty: PULUMI_CONFIG_PASSPHRASE=)",
  );
}

/** The crypter of an existing stack. A stack without a salt gets one, in its settings file. */
export async function stackCrypter(
  settings: StackSettings,
  backend: FileBackend,
  stack: StackReference,
  surroundings: Surroundings,
): Promise<PassphraseCrypter> {
  requirePassphraseProvider(settings);
  const salt = settings.encryptionSalt ?? (await saltOfState(backend, stack));
  const passphrase = await readPassphrase(surroundings);
  try {
    const crypter = await (salt === undefined
      ? PassphraseCrypter.create(passphrase)
      : PassphraseCrypter.open(passphrase, salt));
    if (settings.encryptionSalt === undefined && settings.file !== "") await settings.saveEncryptionSalt(crypter.salt);
    return crypter;
  } catch (error) {
    if (!(error instanceof IncorrectPassphrase)) throw error;
    throw new CliError(
      `getting stack configuration: get stack secrets manager: incorrect passphrase; set PULUMI_CONFIG_PASSPHRASE to the one that the stack ${stack.name} was made with`,
    );
  }
}

/** Refuses stacks whose secrets somebody else keeps. */
export function requirePassphraseProvider(settings: StackSettings): void {
  const provider = settings.secretsProvider;
  if (provider === undefined || provider === "default" || provider === "passphrase") return;
  throw new CliError(
    `${settings.file}: secretsprovider "${provider}": ${settings.command} knows the passphrase provider only; use the Pulumi CLI, or change it: pulumi stack change-secrets-provider passphrase`,
  );
}

async function saltOfState(backend: FileBackend, stack: StackReference): Promise<string | undefined> {
  const { latest } = await backend.read(stack);
  const provider = latest?.secrets_providers as { type?: string; state?: { salt?: string } } | undefined;
  return provider?.type === "passphrase" ? provider.state?.salt : undefined;
}
