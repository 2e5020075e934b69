import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { preloadPath } from "../../engine/preload/preloads.js";
import { mirrorProject } from "../../sandbox/mirror.js";
import { compiled } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";
import { withSystemFolders } from "../../system/path.js";
import { cli } from "./cli.js";
import type { Faults, FixtureProgram } from "./fixture.js";
import { PROGRAM } from "./surroundings.js";

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Who runs a command. */
export type Who = "hostnet" | "pulumi";

/**
 * A project and a backend on which commands run as a user runs them: by either engine, each in its
 * own process.
 */
export class CommandsWorld {
  readonly folder = mkdtempSync(join(tmpdir(), "hostnet-commands-"));
  readonly project = mirrorProject(PROGRAM, join(this.folder, "clone"));
  private readonly faults = join(this.folder, "faults.json");
  passphrase = "pass";
  /** What the next commands have in their environment besides. */
  extra: Record<string, string> = {};
  /** The folder of the next command. */
  cwd = this.project;

  constructor() {
    rmSync(join(this.project, "Pulumi.t.yaml"));
    mkdirSync(join(this.folder, "state"));
    this.set({});
  }

  private program: FixtureProgram = {};

  /** What the program and its provider do from now on. */
  set(program: FixtureProgram, faults: Faults = {}): void {
    this.program = program;
    writeFileSync(this.faults, JSON.stringify(faults));
  }

  env(): Record<string, string> {
    const path = withSystemFolders(process.env.PATH);
    return {
      PATH: cli ? `${dirname(cli)}:${path}` : path,
      HOME: this.folder,
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: this.passphrase,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // Node 20 takes minutes over an error of a program (engine/preload/plain-errors.cts).
      NODE_OPTIONS: `--require=${preloadPath("plain-errors")}`,
      HOSTNET_TEST_FAULTS: this.faults,
      HOSTNET_TEST_PROGRAM: JSON.stringify(this.program),
      HOSTNET_TEST_PROVIDER: join(this.project, "provider.js"),
      ...this.extra,
    };
  }

  run(who: Who, ...argv: string[]): Ended {
    const [file, ...first] = who === "pulumi" ? [cli!] : [process.execPath, compiled("hostnet.js")];
    const { status, stdout, stderr } = spawnSync(file!, [...first, ...argv, "--non-interactive", "--color", "never"], {
      cwd: this.cwd,
      encoding: "utf8",
      timeout: stretched(120_000),
      env: this.env(),
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** A command that must end well; what it prints. */
  must(who: Who, ...argv: string[]): string {
    const { code, out, err } = this.run(who, ...argv);
    if (code !== 0) throw new Error(`${who} ${argv.join(" ")} ended with ${code}: ${out}${err}`);
    return out;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  put(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  /** The text of a file; of one that isn't there none. */
  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : "";
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
