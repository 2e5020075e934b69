import { afterAll, beforeAll, inject, it } from "vitest";
import { createSandbox, type Sandbox } from "../../sandbox/host.js";
import { Project } from "../support/project.js";
import type { Installs } from "./setup.js";

let sandbox: Sandbox;

/**
 * A throw-away host for the tests of a file. The tests run outside, where a registry can be
 * reached.
 */
export function useSandbox(): void {
  beforeAll(async () => {
    sandbox = await createSandbox();
  });
  afterAll(() => sandbox?.close());
}

/** A test on what was installed; skipped with the reason when nothing could be. */
export function claim<T>(
  title: string,
  cases: readonly T[],
  body: (installs: Installs, each: T) => Promise<void>,
): void {
  it.for(cases)(title, async (each, { skip }) => {
    const installs = inject("installs");
    if (!installs) return skip(inject("missing") ?? "not installed");
    await body(installs, each);
  });
}

/** Opens a project whose operations run in the sandbox. */
export const open = (folder: string, engine: readonly string[], env: Record<string, string> = {}): Promise<Project> =>
  Project.open({ folder, engine, env, run: (argv, options) => sandbox.run(argv, options) });

/** What a command prints in the sandbox; it has to succeed. */
export async function inSandbox(...argv: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await sandbox.run(argv);
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${exitCode}: ${stderr}`);
  return stdout;
}
