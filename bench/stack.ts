import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, pathFor } from "../demo/engine.js";
import type { RunOptions, RunResult } from "../sandbox/command.js";
import { standIn } from "../sandbox/mirror.js";
import { withSystemFolders } from "../system/path.js";

/** Runs a command, in a sandbox or here. */
export type Run = (argv: readonly string[], options: RunOptions) => Promise<RunResult>;

/** More than any operation of the bench takes; what hangs must not hang the bench. */
const TIMEOUT_MS = 300_000;
const STACK = "bench";

/** A program of `bench/programs` as a project with a stack of its own. */
export interface Stack extends AsyncDisposable {
  /** Runs an operation to its end; throws with the engine's words when that isn't a good one. */
  run(operation: "up" | "refresh" | "destroy", ...flags: string[]): Promise<string>;
}

/**
 * Makes the project in a temporary folder, where Node finds this package. Its state and settings
 * are in that folder and go with it.
 */
export async function createStack(
  program: string,
  engine: Engine,
  run: Run,
  env: Record<string, string>,
): Promise<Stack> {
  const folder = standIn(await mkdtemp(join(tmpdir(), "hostnet-bench-")));
  await mkdir(join(folder, "state"));
  await writeFile(join(folder, "index.js"), `import "./dist/bench/programs/${program}.js";\n`);
  const runtime = "runtime:\n  name: nodejs\n  options:\n    typescript: false\n";
  await writeFile(join(folder, "Pulumi.yaml"), `name: bench-${program}\nmain: index.js\n${runtime}`);
  const options: RunOptions = {
    env: {
      PATH: pathFor(engine, withSystemFolders(process.env.PATH)),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_HOME: join(folder, "home"),
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      NO_COLOR: "1",
      ...env,
    },
    timeoutMs: TIMEOUT_MS,
  };
  const call = async (...args: string[]) => {
    const result = await run([...engine.command, ...args, "--cwd", folder, "--non-interactive"], options);
    const { exitCode, stdout, stderr } = result;
    if (exitCode !== 0) throw new Error(`${program}: ${args.join(" ")} ended with ${exitCode}:\n${stdout}${stderr}`);
    return stdout;
  };
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await call("stack", "init", STACK);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    run: (operation, ...flags) => call(operation, "--stack", STACK, "--yes", "--skip-preview", ...flags),
    [Symbol.asyncDispose]: remove,
  };
}
