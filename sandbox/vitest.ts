import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Outcome } from "./outcome.js";
import { repositoryRoot } from "./root.js";
import { makeTemporary } from "./temporary.js";

const program = (name: string): string => join(repositoryRoot, "node_modules", ".bin", name);

/** Runs a checker of the sources, which counts as one test. */
export async function check(name: string, args: readonly string[]): Promise<Outcome> {
  console.log(`\n${name} ${args.join(" ")}`);
  const { failed } = await execa(program(name), args, { cwd: repositoryRoot, stdio: "inherit", reject: false });
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: [], files: [] };
}

/**
 * Runs test projects by one vitest, which ends with this process. Its temporary files are in one
 * folder.
 */
export async function runProjects(projects: readonly string[], args: readonly string[]): Promise<Outcome> {
  await using folder = makeTemporary("hostnet-test-");
  const file = join(folder.path, "outcome.json");
  const reporters = ["default", join(repositoryRoot, "test/support/reporter.ts")];
  const argv = [
    ...["--pdeathsig", "KILL", process.execPath, program("vitest"), "run", "--root", repositoryRoot],
    ...["--passWithNoTests", ...reporters.map((reporter) => `--reporter=${reporter}`)],
    ...projects.flatMap((project) => ["--project", project]),
    ...args,
  ];
  console.log(`\nvitest: ${projects.join(", ")}`);
  // What the engine keeps of compiled programs goes with the rest.
  const env = { OUTCOME_FILE: file, TMPDIR: folder.path, XDG_CACHE_HOME: join(folder.path, "cache") };
  const { exitCode } = await execa("setpriv", argv, { stdio: "inherit", reject: false, env });
  const none: Outcome = { passed: 0, failed: 0, skipped: [], files: [] };
  const outcome = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Outcome) : none;
  // A run that failed as a whole (a bad configuration, a crash) has no failed test to show for it.
  return { ...outcome, failed: Math.max(outcome.failed, exitCode === 0 ? 0 : 1) };
}
