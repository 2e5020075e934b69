import { dirname } from "node:path";
import { findPulumi } from "../../demo/engine.js";
import { compiled } from "../../sandbox/root.js";
import { withSystemFolders } from "../../system/path.js";

/** What can run a program of this repository. */
export interface Engine {
  name: string;
  engine: readonly string[];
  env: Record<string, string>;
  /** Why it can't run here. */
  missing?: string;
}

export const embedded: Engine = {
  name: "the embedded engine",
  engine: [process.execPath, compiled("hostnet.js")],
  env: {},
};

/** The Pulumi CLI of this machine, with its language plugin and Node provider beside it. */
function pulumiCli(): Engine {
  const cli = findPulumi(process.env);
  const name = "the Pulumi CLI";
  if (!cli) return { name, engine: [], env: {}, missing: "no Pulumi CLI on this machine (PULUMI_BIN, PATH)" };
  return { name, engine: [cli], env: { PATH: `${dirname(cli)}:${withSystemFolders(process.env.PATH)}` } };
}

export const engines: Engine[] = [embedded, pulumiCli()];
