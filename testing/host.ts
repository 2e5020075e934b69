import type { Place } from "../engine/provider-process.js";
import type { Background, RunOptions, RunResult } from "../sandbox/command.js";
import { createSandbox, type Sandbox } from "../sandbox/host.js";
import { meetRequirements } from "../sandbox/requirements.js";
import { type Kernel, readKernel } from "./kernel.js";

/**
 * A throw-away host: a network, mounts (/etc and /run are its own) and processes of its own. Its only link is lo, nothing leads out of it,
 * and nothing of it outlives `close`, nor the process that made it.
 */
export interface Host extends AsyncDisposable {
  /** Runs a command on it, for at most a minute unless told otherwise; in a namespace of it with `["ip", "netns", "exec", name, …]`. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts a command in the background. Resolves when its output holds `ready` (at once when not given). */
  start(argv: readonly string[], options?: RunOptions & { ready?: string }): Promise<Background>;
  /** Reads links, addresses, routes, rules and settings, of it and of each of its network namespaces. */
  kernel(): Promise<Kernel>;
  /** Kills all that runs on it, and takes it away. */
  close(): Promise<void>;
}

/**
 * Makes a throw-away host, for what must be there before the program is (rules of others, a link of the same name), or for several stacks on one
 * host: `up(program, { host })`. Throws, with the cure, when this machine allows no such host or lacks its tools.
 */
export const createHost = (): Promise<Host> => TestHost.create();

export class TestHost implements Host {
  private providers = 0;

  private constructor(private readonly sandbox: Sandbox) {}

  static async create(): Promise<TestHost> {
    try {
      return new TestHost(await createSandbox());
    } catch (error) {
      // It says what is missing, which takes longer to find out than to try.
      await meetRequirements({ install: false });
      throw error;
    }
  }

  /** For a provider process on it: a host as fresh as this one is reached by no port. */
  place(): Place {
    const there = `/run/hostnet-provider-${++this.providers}.sock`;
    const { pid, env, enter, entered } = this.sandbox;
    return { enter, entered, env, socket: { there, here: `/proc/${pid}/root${there}` } };
  }

  run(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return this.sandbox.run(argv, options);
  }

  start(argv: readonly string[], options?: RunOptions & { ready?: string }): Promise<Background> {
    return this.sandbox.start(argv, options);
  }

  kernel(): Promise<Kernel> {
    return readKernel((argv) => this.run(argv));
  }

  close(): Promise<void> {
    return this.sandbox.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
