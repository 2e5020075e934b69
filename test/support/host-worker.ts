import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from "vitest/node";
import { onlyChild } from "../../sandbox/command.js";
import { needsUserNamespace } from "../../sandbox/privilege.js";
import { makeSandbox } from "../../sandbox/setup.js";
import { withSystemFolders } from "../../system/path.js";

/**
 * A process that runs test files in a throw-away host: vitest's worker for child processes, behind
 * the command that makes a sandbox. The channel to vitest is an inherited file descriptor, which
 * works across namespaces.
 */
class HostWorker implements PoolWorker {
  readonly name = "host";
  readonly cacheFs = true;
  private process?: ChildProcess;

  constructor(private readonly options: PoolOptions) {}

  async start(): Promise<void> {
    const { distPath, execArgv, env, project } = this.options;
    const node = [process.execPath, ...execArgv, join(distPath, "workers/forks.js")];
    const [file, ...args] = makeSandbox(needsUserNamespace(), "run", node);
    this.process = spawn(file!, args, {
      env: { ...env, PATH: withSystemFolders(process.env.PATH) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
    });
    const { outputStream, errorStream } = project.vitest.logger;
    this.process.stdout?.pipe(outputStream, { end: false });
    this.process.stderr?.pipe(errorStream, { end: false });
  }

  /** The sandbox ends with its first process, and all that a test has left running with it. */
  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.running;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.running, "exit");
    // The shell says that it was killed.
    this.running.stderr?.unpipe();
    // From the inside out, Node first: each one is waited for, and its CPU time counted.
    const shell = onlyChild(pid);
    process.kill((shell && onlyChild(shell)) ?? pid, "SIGKILL");
    await ended;
  }

  on = (event: string, callback: (message: unknown) => void): void => void this.running.on(event, callback);
  off = (event: string, callback: (message: unknown) => void): void => void this.running.off(event, callback);
  send = (message: WorkerRequest): void => void this.running.send(message);
  deserialize = (data: unknown): unknown => data;

  private get running(): ChildProcess {
    if (!this.process) throw new Error("the worker was not started");
    return this.process;
  }
}

/** For a project whose tests change the network of "this machine". */
export const onAHost: PoolRunnerInitializer = { name: "host", createPoolWorker: (options) => new HostWorker(options) };
