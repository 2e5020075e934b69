import { join } from "node:path";
import { type RunResult, startCommand } from "../sandbox/command.js";
import { mirrorProject } from "../sandbox/mirror.js";
import { repositoryRoot } from "../sandbox/root.js";
import { withSystemFolders } from "../system/path.js";
import { type Engine, pathFor } from "./engine.js";

/** The stack's name, in a backend of its own. */
const STACK = "demo";
/** The sandbox's own memory: it goes with the sandbox, however that ends. */
const BACKEND = "/run/hostnet-demo";

/** The root project's stack in a throw-away backend. */
export interface Stack {
  /** Runs `up`, `preview` or `destroy`. A failure is in the result and never an exception. */
  run(operation: "up" | "preview" | "destroy", ...flags: string[]): Promise<RunResult>;
}

/** Makes the stack `demo` of the root project. */
export async function createStack(engine: Engine): Promise<Stack> {
  // Both engines write the stack's salt beside Pulumi.yaml, which is therefore a copy.
  const project = mirrorProject(repositoryRoot, join(BACKEND, "clone"));
  const env = {
    PATH: pathFor(engine, withSystemFolders(process.env.PATH)),
    PULUMI_BACKEND_URL: `file://${BACKEND}`,
    PULUMI_HOME: join(BACKEND, "home"),
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    NO_COLOR: "1",
  };
  const call = (...args: string[]) =>
    startCommand([...engine.command, ...args, "--cwd", project, "--non-interactive"], {
      env,
      timeoutMs: 180_000,
    }).ended;
  const { exitCode, stdout, stderr } = await call("stack", "init", STACK);
  if (exitCode !== 0) throw new Error(`stack init ended with ${exitCode}:\n${stdout}${stderr}`);
  return {
    run: (operation, ...flags) => {
      const confirmed = operation === "preview" ? [] : ["--yes", "--skip-preview"];
      return call(operation, "--stack", STACK, ...confirmed, ...flags);
    },
  };
}

/** The lines of an engine's output that say what became of each resource, and the counts. */
export function outcomeLines(output: string): string[] {
  const done = /^ *(\+|-|~|\+-|-\+|\+\+|--) .*\b(created|updated|deleted|replaced|create|update|delete|replace)\b/;
  const counts = /^ +([+~-]+ )?\d+ (to )?(create|update|delete|replace|unchanged|changes)/;
  return output
    .split("\n")
    .filter((line) => done.test(line) || counts.test(line))
    .map((line) => line.replace("pulumi-nodejs:dynamic/", "").trimEnd());
}
