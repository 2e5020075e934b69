import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Connection, JumpHost } from "../../kernel/host-address.js";
import { privateFolder } from "../private-folder.js";
import { KEY_ALIAS, type SecretFiles } from "./command.js";
import { quote } from "./quote.js";

/**
 * Runs `use` while keys and passwords lie in files that this user alone can read. On ssh's command
 * line every user of the machine could read them. The files are gone once the connection stands.
 */
export async function withSecretFiles<T>(
  connection: Connection,
  use: (files: { target: SecretFiles; proxy: SecretFiles }) => Promise<T>,
): Promise<T> {
  const folder = privateFolder("ssh");
  try {
    const target = await filesOf(connection, join(folder, "target"));
    const proxy = connection.proxy ? await filesOf(connection.proxy, join(folder, "proxy")) : {};
    return await use({ target, proxy });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function filesOf(end: JumpHost, prefix: string): Promise<SecretFiles> {
  const files: SecretFiles = {};
  const write = async (name: string, text: string, mode = 0o600) => {
    await writeFile(`${prefix}-${name}`, text, { mode });
    return `${prefix}-${name}`;
  };
  if (end.privateKey !== undefined) files.identity = await write("key", end.privateKey.replace(/\n*$/, "\n"));
  if (end.hostKey !== undefined) files.knownHosts = await write("known-hosts", `${KEY_ALIAS} ${end.hostKey.trim()}\n`);
  if (end.password === undefined && end.privateKeyPassword === undefined) return files;
  const answer = async (name: string, secret: string | undefined) =>
    secret === undefined ? "exit 1" : `cat ${quote(await write(name, `${secret}\n`))}`;
  // The prompt tells what ssh asks for: a key's passphrase, trust in an unknown host, or the
  // password.
  files.askpass = await write(
    "askpass",
    `#!/bin/sh
case "$1" in
*yes/no*) echo no ;;
*assphrase*) ${await answer("passphrase", end.privateKeyPassword)} ;;
*) ${await answer("password", end.password)} ;;
esac
`,
    0o700,
  );
  return files;
}
