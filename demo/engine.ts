import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { RequirementError } from "../sandbox/requirements.js";
import { compiled } from "../sandbox/root.js";
import { findProgram, isProgram } from "../system/path.js";

/** What runs the program: the Pulumi CLI, or the engine in this repository. */
export interface Engine {
  kind: "pulumi" | "embedded";
  /** The command line in front of `up`, `preview` … */
  command: readonly string[];
  /** One line for the reader. */
  description: string;
}

/**
 * The Pulumi CLI when there is one (PULUMI_BIN, PATH, or where its installers put it), else the
 * embedded engine. `forced` is the value of `--engine`; a CLI that is asked for and missing is an
 * error.
 */
export function chooseEngine(forced: string | undefined, env: NodeJS.ProcessEnv = process.env): Engine {
  if (forced !== undefined && forced !== "pulumi" && forced !== "embedded") {
    throw new RequirementError(`--engine takes pulumi or embedded, not "${forced}"`);
  }
  const cli = forced === "embedded" ? undefined : findPulumi(env);
  if (cli) return { kind: "pulumi", command: [cli], description: `the Pulumi CLI, ${cli}` };
  if (forced === "pulumi")
    throw new RequirementError("no Pulumi CLI: looked in PULUMI_BIN, PATH, PULUMI_HOME and ~/.pulumi");
  const script = compiled("hostnet.js");
  const why = forced ? "as asked" : "no Pulumi CLI is installed";
  return { kind: "embedded", command: [process.execPath, script], description: `the embedded engine (${why})` };
}

/** The Pulumi CLI of this machine, if there is one. */
export function findPulumi(env: NodeJS.ProcessEnv): string | undefined {
  const homes = [env.PULUMI_HOME, join(homedir(), ".pulumi")].filter((home) => home !== undefined);
  const places = [
    ...(env.PULUMI_BIN ? [env.PULUMI_BIN, join(env.PULUMI_BIN, "pulumi")] : []),
    ...homes.flatMap((home) => [join(home, "bin/pulumi"), ...versions(home)]),
  ];
  const asked = env.PULUMI_BIN ? places.slice(0, 2).find(isProgram) : undefined;
  return asked ?? findProgram("pulumi", env.PATH) ?? places.find(isProgram);
}

/** The CLIs that the Automation API and the npm package keep side by side, the newest first. */
function versions(home: string): string[] {
  try {
    const newestFirst = readdirSync(join(home, "versions")).sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
    return newestFirst.map((version) => join(home, "versions", version, "bin/pulumi"));
  } catch {
    return [];
  }
}

/** PATH for the engine: the CLI finds its language plugin beside itself. */
export const pathFor = ({ kind, command }: Engine, path: string): string =>
  kind === "pulumi" ? `${dirname(command[0]!)}:${path}` : path;
