import { execa } from "execa";
import { withSystemFolders } from "../system/path.js";
import { type Background, inBackground, onlyChild, type RunOptions, type RunResult, startCommand } from "./command.js";
import { needsUserNamespace } from "./privilege.js";
import { enterSandbox, makeSandbox, SANDBOX_VARIABLE } from "./setup.js";

/**
 * A host of its own: network, mounts and processes. Its only link is lo. Nothing of it outlives
 * `close`.
 */
export interface Sandbox extends AsyncDisposable {
  /** The process by which it can be entered with nsenter. */
  readonly pid: number;
  /**
   * The command line that runs a command in a folder, for callers that start it themselves: with
   * `env` for its environment.
   */
  enter(argv: readonly string[], cwd: string): string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * The process in here that a command line of `enter` waits for, when it was started as `pid`.
   * Signals go to it.
   */
  entered(pid: number): number | undefined;
  /** Runs a command, for at most a minute unless told otherwise. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Resolves when the command's output holds `ready` (at once when not given). */
  start(argv: readonly string[], options?: RunOptions & { ready?: string }): Promise<Background>;
  /**
   * Kills all that runs in it by ending its process namespace. The kernel then removes network and
   * mounts.
   */
  close(): Promise<void>;
}

/**
 * Makes a throw-away host. Throws with the failing tool's words when this machine doesn't allow it,
 * see requirements.ts.
 */
export async function createSandbox(): Promise<Sandbox> {
  const inUserNamespace = needsUserNamespace();
  const PATH = withSystemFolders(process.env.PATH);
  const [file, ...args] = makeSandbox(inUserNamespace, "hold");
  const holder = execa(file!, args, { reject: false, env: { PATH }, stdin: "pipe" });
  const [pid, network] = await Promise.race([
    new Promise<string[]>((resolve) => holder.stdout.once("data", (line) => resolve(String(line).trim().split(" ")))),
    holder.then(({ stderr, message }) => Promise.reject(new Error(`no sandbox: ${stderr || message}`))),
  ]);

  const enter = (argv: readonly string[], cwd: string) => enterSandbox(inUserNamespace, Number(pid), cwd, argv);
  // The folder may be one of the sandbox's own, so that it can only be gone to inside.
  const begin = (argv: readonly string[], { cwd = process.cwd(), ...options }: RunOptions) =>
    startCommand(enter(argv, cwd), {
      ...options,
      env: { PATH, ...options.env, [SANDBOX_VARIABLE]: network! },
    });
  const close = async () => {
    try {
      // The first process of a process namespace ends after all others (pid_namespaces(7)). Its
      // maker waits for it.
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It is closed already.
    }
    await holder;
  };
  return {
    pid: Number(pid),
    enter,
    entered: onlyChild,
    env: { PATH, [SANDBOX_VARIABLE]: network! },
    run: (argv, options = {}) => begin(argv, { timeoutMs: 60_000, ...options }).ended,
    start: async (argv, options = {}) => {
      const started = begin(argv, options);
      if (options.ready !== undefined) await started.outputHolds(options.ready);
      return inBackground(started);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
