/** The host that a test runs on: only ever a throw-away one. */
export { createSandbox, type Sandbox } from "../../sandbox/host.js";
export { differences, type HostState, hostState } from "../../sandbox/hoststate.js";
export { insideSandbox } from "../../sandbox/inside.js";

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type RunOptions, type RunResult, startCommand } from "../../sandbox/command.js";
import { hostState } from "../../sandbox/hoststate.js";
import { insideSandbox } from "../../sandbox/inside.js";

/**
 * Throws unless this process is in a sandbox. Each test that changes "this machine" begins with it.
 */
export function requireSandbox(): void {
  if (!insideSandbox()) throw new Error("not in a sandbox: run `npm test`, or vitest with `--project kernel`");
}

/**
 * Is the host one of an ordinary user, in a user namespace? The kernel lets nobody remount a file
 * system there, nor make a tun device; `needs` names what a test takes.
 */
export function whyNotRoot(needs: string): string | undefined {
  const isWhole = readFileSync("/proc/self/uid_map", "utf8").includes("4294967295");
  return isWhole || !/remount,ro \/|tuntap|ping_group_range/.test(needs) ? undefined : "an ordinary user's host";
}

/** Runs a command on the host of the test, whatever it ends with. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  requireSandbox();
  return startCommand(argv, { timeoutMs: 60_000, ...options }).ended;
}

/** Runs a command that must end with 0, and returns its output. */
export async function output(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, exitCode } = await run(argv, options);
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${exitCode}: ${stderr}`);
  return stdout;
}

/** Runs `body` and asserts that the host is afterwards as it was before. */
export async function leavesNothing<T>(body: () => Promise<T>): Promise<T> {
  requireSandbox();
  const before = await hostState();
  const result = await body();
  expect(await hostState()).toEqual(before);
  return result;
}
