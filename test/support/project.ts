import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type RunOptions, type RunResult, type Started, startCommand } from "../../sandbox/command.js";
import { mirrorProject } from "../../sandbox/mirror.js";
import { repositoryRoot } from "../../sandbox/root.js";
import { withSystemFolders } from "../../system/path.js";

export type Operation = "up" | "preview" | "refresh" | "destroy";

/** Runs a command on the host of the test. */
export type Runner = (argv: readonly string[], options: RunOptions) => Promise<RunResult>;

export interface ProjectOptions {
  /** Where Pulumi.yaml is. */
  folder: string;
  /** The engine's command line in front of `up`. */
  engine: readonly string[];
  env?: Record<string, string>;
  /** In front of the engine's command line (to take rights away from it). */
  prefix?: readonly string[];
  /** Default: on the host that the test itself is on. */
  run?: Runner;
}

const here: Runner = (argv, options) => startCommand(argv, options).ended;

const STACK = "t";

/**
 * A stack of a Pulumi project, in a backend of its own that goes with it. A project of this clone
 * is copied.
 */
export class Project {
  /** The stack that operations are on. */
  stack: string = STACK;
  private readonly temporary = mkdtempSync(join(tmpdir(), "hostnet-project-"));
  readonly backend = join(this.temporary, "backend");
  /** Where Pulumi.yaml is, in the copy. */
  readonly folder: string;
  prefix: readonly string[];
  env: Record<string, string>;

  private constructor(private readonly options: ProjectOptions) {
    this.prefix = options.prefix ?? [];
    mkdirSync(this.backend);
    // An ordinary user's engine finds its program too.
    chmodSync(this.temporary, 0o711);
    const ofThisClone = !relative(repositoryRoot, options.folder).startsWith("..");
    this.folder = ofThisClone ? mirrorProject(options.folder, join(this.temporary, "clone")) : options.folder;
    this.env = {
      PATH: withSystemFolders(process.env.PATH),
      PULUMI_BACKEND_URL: `file://${this.backend}`,
      PULUMI_HOME: join(this.backend, "home"),
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      NO_COLOR: "1",
      ...options.env,
    };
  }

  static async open(options: ProjectOptions): Promise<Project> {
    const project = new Project(options);
    const { exitCode, stdout, stderr } = await project.call(["stack", "init", project.stack]);
    if (exitCode === 0) return project;
    project.close();
    throw new Error(`stack init ended with ${exitCode}:\n${stdout}${stderr}`);
  }

  private line(args: readonly string[]): string[] {
    return [...this.prefix, ...this.options.engine, ...args, "--cwd", this.folder, "--non-interactive"];
  }

  private call(args: readonly string[], input?: string): Promise<RunResult> {
    return (this.options.run ?? here)(this.line(args), { env: this.env, timeoutMs: 240_000, input });
  }

  private words(operation: Operation, flags: readonly string[]): string[] {
    return [operation, "--stack", this.stack, ...(operation === "preview" ? [] : ["--yes"]), ...flags];
  }

  /** An operation, whatever it ends with; both outputs in one text. */
  async run(operation: Operation, ...flags: string[]): Promise<{ exitCode: number; text: string }> {
    const { exitCode, stdout, stderr } = await this.call(this.words(operation, flags));
    return { exitCode, text: stdout + stderr };
  }

  /** An operation that must succeed. No preview first: what is done is looked at on the host. */
  async must(operation: Operation, ...flags: string[]): Promise<string> {
    const skip = operation === "preview" || operation === "refresh" ? [] : ["--skip-preview"];
    const { exitCode, text } = await this.run(operation, ...skip, ...flags);
    if (exitCode !== 0) throw new Error(`${operation} ${flags.join(" ")} ended with ${exitCode}:\n${text}`);
    return text;
  }

  /** Any other command that must succeed; what it says. */
  async command(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.call(args);
    if (exitCode !== 0) throw new Error(`${args.join(" ")} ended with ${exitCode}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** An operation in the background, on the test's own host. */
  start(operation: Operation): Started {
    return startCommand(this.line([...this.words(operation, []), "--skip-preview"]), { env: this.env });
  }

  /** Sets a value of the stack's configuration. No command line holds it. */
  async configure(key: string, value: string, ...flags: "--secret"[]): Promise<void> {
    const { exitCode, stderr } = await this.call(["config", "set", key, "--stack", this.stack, ...flags], value);
    if (exitCode !== 0) throw new Error(`config set ${key} ended with ${exitCode}: ${stderr}`);
  }

  /** The text of the state file. */
  state(): string {
    const stacks = join(this.backend, ".pulumi/stacks");
    const [project = ""] = readdirSync(stacks);
    return readFileSync(join(stacks, project, `${this.stack}.json`), "utf8");
  }

  resources(): ResourceInState[] {
    const { checkpoint } = JSON.parse(this.state()) as { checkpoint: { latest?: { resources?: ResourceInState[] } } };
    return checkpoint.latest?.resources ?? [];
  }

  /** The outputs of a resource, by its type's last word and its name. */
  outputs(kind: string, name: string): Record<string, unknown> {
    const found = this.resources().find(({ urn }) => urn.endsWith(`:${kind}::${name}`));
    if (!found) throw new Error(`no ${kind} ${name} in the state`);
    return found.outputs ?? {};
  }

  /** Takes the lock of a killed run away, as a user does. */
  async cancel(): Promise<void> {
    const { exitCode, stderr } = await this.call(["cancel", "--yes", "--stack", this.stack]);
    if (exitCode !== 0) throw new Error(`cancel ended with ${exitCode}: ${stderr}`);
  }

  /** Takes away the locks of a killed run, as the engine's message tells a user to. */
  unlock(): void {
    rmSync(join(this.backend, ".pulumi/locks"), { recursive: true, force: true });
  }

  /**
   * Removes the backend and its stacks' settings. What the program made on the host is not touched.
   */
  close(): void {
    rmSync(this.temporary, { recursive: true, force: true });
    if (this.folder === this.options.folder) rmSync(join(this.folder, `Pulumi.${STACK}.yaml`), { force: true });
  }
}

interface ResourceInState {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}
