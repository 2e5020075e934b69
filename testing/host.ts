import type { ProviderPlace, SharedSocket } from "../engine/index.js";
import type { Background, RunOptions, RunResult } from "../sandbox/command.js";
import { createSandbox, type Sandbox } from "../sandbox/host.js";
import { meetRequirements } from "../sandbox/requirements.js";
import { type Kernel, readKernel } from "./kernel.js";

/** How a command is started in the background. */
export interface StartOptions extends RunOptions {
  /**
   * Text that the command's output holds when it is ready, such as `"listening"`.
   *
   * @defaultValue None: it is ready at once.
   */
  ready?: string;
}

/**
 * A throw-away host with a network, mounts and processes of its own; /etc and /run are its own too.
 * Its only link is lo, and nothing leads out of it. Nothing of it outlives `close`, nor the process
 * that made it. `await using` closes it at the end of the block.
 */
export interface Host extends AsyncDisposable {
  /**
   * Runs a command on the host and waits for its end.
   *
   * @param argv The command and its words: `["ip", "link"]`, or in a namespace of the host
   * `["ip", "netns", "exec", name, …]`.
   * @param options What the command is given. It may take a minute unless they say otherwise.
   * @returns How it ended. A command that fails is no error.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * Starts a command in the background.
   *
   * @param argv The command and its words.
   * @param options What the command is given, and when it is ready.
   * @returns The command, when it is ready.
   * @throws An Error with what the command said, where it ends before it is ready.
   */
  start(argv: readonly string[], options?: StartOptions): Promise<Background>;
  /**
   * Reads links, addresses, routes, rules and settings of the host and of each of its network
   * namespaces.
   *
   * @returns What the kernel holds.
   */
  kernel(): Promise<Kernel>;
  /**
   * Kills all that runs on the host, and takes it away.
   *
   * @returns Nothing, when it is gone.
   */
  close(): Promise<void>;
}

/**
 * Makes a throw-away host: for what must be there before the program is, such as rules of others,
 * or for several stacks on one host (`up(program, { host })`).
 *
 * @returns The host.
 * @throws An Error with the cure, where this machine allows no such host or lacks a tool.
 */
export const createHost = (): Promise<Host> => TestHost.create();

export class TestHost implements Host {
  private sockets = 0;

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
  place(): ProviderPlace {
    const { env, enter, entered } = this.sandbox;
    return { enter, entered, env, socket: this.socket() };
  }

  /** A new path for a socket on it, which vanishes with it. */
  socket(): SharedSocket {
    const there = `/run/hostnet-socket-${++this.sockets}/s`;
    return { there, here: `/proc/${this.sandbox.pid}/root${there}` };
  }

  run(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return this.sandbox.run(argv, options);
  }

  start(argv: readonly string[], options?: StartOptions): Promise<Background> {
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
