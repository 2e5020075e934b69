import { readlinkSync } from "node:fs";
import { execa } from "execa";
import { withSystemFolders } from "../system/path.js";
import { needsUserNamespace } from "./privilege.js";
import { makeSandbox, SANDBOX_VARIABLE } from "./setup.js";

/**
 * Whether this process runs in a sandbox, on the sandbox's own network. Code that changes the
 * network of "this machine" asks first. The variable alone isn't enough: a process that has left
 * the sandbox inherits it.
 */
export const insideSandbox = (): boolean => process.env[SANDBOX_VARIABLE] === readlinkSync("/proc/self/ns/net");

/** Runs a command in a throw-away host, with this process's terminal; returns its exit status. */
export async function runInSandbox(argv: readonly string[], env: Record<string, string> = {}): Promise<number> {
  const [file, ...args] = makeSandbox(needsUserNamespace(), "run", argv);
  // Ctrl-C goes to the command too, and what it does about it is its own affair.
  const patience = () => {};
  process.on("SIGINT", patience);
  const PATH = withSystemFolders(process.env.PATH);
  const { exitCode, signal } = await execa(file!, args, { reject: false, stdio: "inherit", env: { PATH, ...env } });
  process.off("SIGINT", patience);
  if (signal !== undefined) console.error(`ended by ${signal}`);
  return exitCode ?? 1;
}

/** Runs a compiled script of ours in a sandbox, by this very Node. */
export const runScriptInSandbox = (script: string, args: readonly string[]): Promise<number> =>
  runInSandbox([process.execPath, script, ...args]);
