import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { EngineEvent, Snapshot } from "../../engine/model/types.js";
import { preloadPath } from "../../engine/preload/preloads.js";
import { PassphraseCrypter } from "../../engine/state/passphrase.js";
import { SecretKeeper } from "../../engine/state/secrets.js";
import type { Call } from "./fixture.js";
import { type Action, interrupt } from "./scenarios/scenario.js";
import { PROGRAM, prepare, readCalls } from "./surroundings.js";

/** The Pulumi CLI, when there is one: `PULUMI_BIN`, else from PATH. */
export const cli = process.env.PULUMI_BIN ?? which("pulumi");

function which(name: string): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

export interface CliRun {
  calls: Call[];
  events: EngineEvent[];
  succeeded: boolean;
}

/** All its stacks have the salt of the settings file beside the program. */
const salt = /^encryptionsalt: (\S+)$/m.exec(readFileSync(join(PROGRAM, "Pulumi.t.yaml"), "utf8"))![1]!;
const keeper = cli === undefined ? undefined : new SecretKeeper(await PassphraseCrypter.open("", salt));

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
      // Without it there is no --event-log.
      PULUMI_DEBUG_COMMANDS: "1",
      PULUMI_HOME: join(this.folder, "home"),
      NODE_OPTIONS: `--require=${preloadPath("plain-errors")}`,
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
    const { latest } = (JSON.parse(readFileSync(this.file, "utf8")) as { checkpoint: { latest?: Snapshot } })
      .checkpoint;
    return keeper!.open({ ...latest, resources: latest?.resources ?? [] } as Snapshot);
  }

  /** Puts another engine's state in the place of the stack's own. */
  set state(state: Snapshot) {
    this.init();
    const file = JSON.parse(readFileSync(this.file, "utf8")) as { checkpoint: { latest: Snapshot } };
    const { secrets_providers } = file.checkpoint.latest ?? {};
    const sealed = keeper!.seal(state);
    file.checkpoint.latest = { ...sealed, ...(secrets_providers ? { secrets_providers } : {}), metadata: {} };
    writeFileSync(this.file, JSON.stringify(file));
  }

  run({ op, program = {}, faults = {}, refresh, dryRun, scope = {}, interrupted }: Action): CliRun {
    this.init();
    if (interrupted) this.state = interrupt(this.state, interrupted);
    prepare(program, faults);
    const log = join(this.folder, "events.json");
    rmSync(log, { force: true });
    const each = (flag: string, urns: string[] = []) => urns.flatMap((urn) => [flag, urn]);
    const flags = [
      ...(op === "preview" ? [] : dryRun ? ["--preview-only"] : ["--yes", "--skip-preview"]),
      ...(refresh ? ["--refresh"] : []),
      ...each("--target", scope.targets),
      ...each("--exclude", scope.excludes),
      ...each("--replace", scope.replaces),
      ...(scope.targetDependents ? ["--target-dependents"] : []),
      ...(scope.excludeDependents ? ["--exclude-dependents"] : []),
      ...["--stack", "t", "--cwd", PROGRAM, "--parallel", "1", "--non-interactive", "--event-log", log],
    ];
    const run = spawnSync(cli!, [op, ...flags], { env: this.env(), encoding: "utf8" });
    if (!existsSync(log)) throw new Error(`${cli} ${op} ${flags.join(" ")}: ${run.stdout}${run.stderr}`);
    const events = readFileSync(log, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as EngineEvent);
    return { calls: readCalls(), events, succeeded: run.status === 0 };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
