import { execa } from "execa";
import { withSystemFolders } from "../system/path.js";
import { type Background, inBackground, onlyChild, type RunOptions, type RunResult, startCommand } from "./command.js";
import { needsUserNamespace } from "./privilege.js";
import { enterSandbox, makeSandbox, SANDBOX_VARIABLE } from "./setup.js";

/** A host of its own: network, mounts and processes; its only link is lo, and nothing of it outlives `close`. */
export interface Sandbox extends AsyncDisposable {
  /** The process by which it can be entered with nsenter. */
  readonly pid: number;
  /** The command line that runs a command in a folder, for who starts it by himself: with `env` for its environment, PATH among it. */
  enter(argv: readonly string[], cwd: string): string[];
  readonly env: Readonly<Record<string, string>>;
  /** The process in here that a command line of `enter`, started as this process, waits for: the one that is to get signals. */
  entered(pid: number): number | undefined;
  /** Runs a command, for at most a minute unless told otherwise. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Resolves when the command's output holds `ready` (at once when not given). */
  start(argv: readonly string[], options?: RunOptions & { ready?: string }): Promise<Background>;
  /** Kills all that runs in it, by the end of its process namespace; the kernel then removes network and mounts. */
  close(): Promise<void>;
}

/** Makes a throw-away host. Throws with the failing tool's words when this machine doesn't allow it (see requirements.ts). */
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
      // A process namespace's first process has ended when all others have (pid_namespaces(7)); its maker waits for it.
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
