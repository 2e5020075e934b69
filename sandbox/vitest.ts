import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { runInSandbox } from "./inside.js";
import type { Outcome } from "./outcome.js";
import { repositoryRoot } from "./root.js";

const program = (name: string): string => join(repositoryRoot, "node_modules", ".bin", name);

/** Runs a checker of the sources, which counts as one test. */
export async function check(name: string, args: readonly string[]): Promise<Outcome> {
  console.log(`\n${name} ${args.join(" ")}`);
  const { failed } = await execa(program(name), args, { cwd: repositoryRoot, stdio: "inherit", reject: false });
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: [] };
}

/** Runs test projects by one vitest, on this host or in a sandbox of its own. */
export async function runProjects(
  projects: readonly string[],
  args: readonly string[],
  { inSandbox }: { inSandbox: boolean },
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "hostnet-test-"));
  const file = join(folder, "outcome.json");
  const reporters = ["default", join(repositoryRoot, "test/support/reporter.ts")];
  const argv = [
    ...[program("vitest"), "run", "--root", repositoryRoot, "--passWithNoTests"],
    ...reporters.map((reporter) => `--reporter=${reporter}`),
    ...projects.filter(isThere).flatMap((project) => ["--project", project]),
    ...args,
  ];
  console.log(`\nvitest: ${projects.join(", ")}${inSandbox ? ", in a sandbox" : ""}`);
  try {
    const status = inSandbox ? await runInSandbox(argv, { OUTCOME_FILE: file }) : await here(argv, file);
    const none: Outcome = { passed: 0, failed: 0, skipped: [] };
    const outcome = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Outcome) : none;
    // A run that failed as a whole (a bad configuration, a crash) has no failed test to show for it.
    return { ...outcome, failed: Math.max(outcome.failed, status === 0 ? 0 : 1) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A folder of test/ for each project, but for what is tested where it lies. */
const isThere = (project: string): boolean =>
  ["test", ""].some((folder) => existsSync(join(repositoryRoot, folder, project)));

async function here([file, ...args]: readonly string[], outcome: string): Promise<number> {
  const { exitCode } = await execa(file!, args, { stdio: "inherit", reject: false, env: { OUTCOME_FILE: outcome } });
  return exitCode ?? 1;
}
