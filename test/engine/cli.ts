import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PLAIN_ERRORS } from "../../engine/program.js";
import type { Operation, Snapshot } from "../../engine/types.js";
import { type Call, environment, type Faults, type FixtureProgram, PROGRAM, readCalls } from "./harness.js";

/** The Pulumi CLI, when there is one: `PULUMI_BIN`, else from PATH. */
export const cli = process.env.PULUMI_BIN ?? which("pulumi");

function which(name: string): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

export interface CliRun {
  calls: Call[];
  changes: Record<string, number>;
  succeeded: boolean;
  errors: string[];
}

/** A stack of the CLI in a backend of its own. */
export class CliStack {
  private readonly folder = mkdtempSync(join(tmpdir(), "hostnet-cli-"));
  private readonly backend = join(this.folder, "backend");
  private readonly file = join(this.backend, ".pulumi/stacks/fixture/t.json");
  private made = false;

  private env(): Record<string, string | undefined> {
    return {
      ...process.env,
      PATH: `${dirname(cli!)}:${process.env.PATH}`,
      PULUMI_BACKEND_URL: `file://${this.backend}`,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_HOME: join(this.folder, "home"),
      NODE_OPTIONS: `--import=${PLAIN_ERRORS}`,
    };
  }

  private init(): void {
    if (this.made) return;
    mkdirSync(this.backend, { recursive: true });
    execFileSync(cli!, ["stack", "init", "t", "--cwd", PROGRAM], { env: this.env(), stdio: "pipe" });
    this.made = true;
  }

  get state(): Snapshot {
    this.init();
    return (JSON.parse(readFileSync(this.file, "utf8")) as { checkpoint: { latest: Snapshot } }).checkpoint.latest;
  }

  /** Puts another engine's state in the place of the stack's own. */
  set state(state: Snapshot) {
    this.init();
    const file = JSON.parse(readFileSync(this.file, "utf8")) as { checkpoint: { latest: Snapshot } };
    const { secrets_providers } = file.checkpoint.latest ?? {};
    file.checkpoint.latest = { ...state, ...(secrets_providers ? { secrets_providers } : {}), metadata: {} };
    writeFileSync(this.file, JSON.stringify(file));
  }

  run(operation: Operation, program: FixtureProgram, faults: Faults, options: { refresh?: boolean } = {}): CliRun {
    this.init();
    const log = join(this.folder, "calls.log");
    writeFileSync(log, "");
    Object.assign(process.env, environment(log, program, faults));
    const preview = operation === "preview";
    const flags = preview ? ["--json"] : ["--yes", "--skip-preview"];
    if (options.refresh) flags.push("--refresh");
    const place = ["--stack", "t", "--cwd", PROGRAM, "--parallel", "1", "--non-interactive"];
    const run = spawnSync(cli!, [operation, ...flags, ...place], { env: this.env(), encoding: "utf8" });
    const succeeded = run.status === 0;
    if (!preview) {
      const errors = diagnostics(run.stdout + run.stderr);
      return { calls: readCalls(log), changes: this.lastChanges(), succeeded, errors };
    }
    const { changeSummary, diagnostics: told = [] } = JSON.parse(run.stdout) as {
      changeSummary: Record<string, number>;
      diagnostics?: { severity: string; message: string }[];
    };
    const errors = told
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message.replace(/^error: /, "").trim());
    return { calls: readCalls(log), changes: changeSummary, succeeded, errors };
  }

  private lastChanges(): Record<string, number> {
    const folder = join(this.backend, ".pulumi/history/fixture/t");
    const last = readdirSync(folder)
      .filter((name) => name.endsWith(".history.json"))
      .sort()
      .pop();
    return JSON.parse(readFileSync(join(folder, last!), "utf8")).resourceChanges;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The errors of the section "Diagnostics" of what the CLI prints. */
function diagnostics(output: string): string[] {
  const section = /^Diagnostics:\n([\s\S]*?)^(?:Resources|Outputs):/m.exec(output)?.[1] ?? "";
  return section
    .split(/^ {4}(?=error: |warning: )|^ {2}\S.*:$/m)
    .filter((part) => part.startsWith("error: "))
    .map((part) => part.slice("error: ".length).trim());
}
