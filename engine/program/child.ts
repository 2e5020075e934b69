import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import type { EndWithParent } from "../preload/end-with-parent.cjs";
import { type Preload, preloading } from "../preload/preloads.js";

/** What a child is started with. */
export interface ChildOptions {
  /** What it runs before its script, besides end-with-parent. Default: nothing. */
  preloads?: Preload[];
  args: string[];
  /** How long it may go on when this process was killed, for what it has under way. */
  orphanGraceMs: number;
  /** What it removes when this process was killed. Default: nothing. */
  folders?: readonly string[];
  cwd: string;
  env: Record<string, string | undefined>;
  onLine(line: string, stream: "stdout" | "stderr"): void;
  /** Where it is started: here when absent. */
  place?: ProcessPlace;
  /** How many pipes it has besides its output, from descriptor 3 on. Default: none. */
  pipes?: number;
}

/** A process namespace of its own. A command like nsenter(1) puts a process into it and waits. */
export interface ProcessPlace {
  /** The command line that runs `argv` there, in a folder. */
  enter(argv: readonly string[], cwd: string): string[];
  /**
   * The process inside that a command here waits for; undefined when it has ended. Signals go to
   * this one. If the waiting one ended first, nobody would wait for the other, and its namespace
   * could not end.
   */
  entered(pid: number): number | undefined;
}

/**
 * A Node process of its own process group: the terminal's Ctrl-C is for the engine alone, which
 * lets running calls finish.
 */
export class Child {
  private readonly process: ChildProcess;
  /** Whom a signal is sent to. */
  private readonly target: (pid: number) => number | undefined;
  /** Resolves when the process has ended and all it said was read. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;

  constructor({ preloads = [], args, orphanGraceMs, folders = [], cwd, env, onLine, place, pipes = 0 }: ChildOptions) {
    const settings: EndWithParent = { graceMs: orphanGraceMs, folders };
    const first = preloading([{ name: "end-with-parent", settings }, ...preloads]);
    const argv = [process.execPath, ...first.args, ...args];
    const [file, ...rest] = place ? place.enter(argv, cwd) : argv;
    this.target = place ? (pid) => place.entered(pid) : (pid) => -pid;
    const child = spawn(file!, rest, {
      cwd,
      env: { ...env, ...first.env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...Array<"pipe">(pipes).fill("pipe")],
    });
    this.process = child;
    for (const stream of ["stdout", "stderr"] as const) {
      createInterface({ input: child[stream]! }).on("line", (line) => onLine(line, stream));
    }
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code, signal }));
    });
    this.ended.catch(() => {});
  }

  /** The other end of one of its pipes. */
  pipe(fd: number): Duplex {
    return this.process.stdio[fd] as Duplex;
  }

  /** Sends a signal to the process and what it started. */
  kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    if (this.process.pid === undefined || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const target = this.target(this.process.pid);
    if (target === undefined) return;
    try {
      process.kill(target, signal);
    } catch {
      // It ended in between.
    }
  }

  /** Waits for the end, first kindly, then by force. */
  async stop(graceMs: number): Promise<void> {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const timeout = setTimeout(() => this.kill(signal), signal === "SIGTERM" ? graceMs : 0);
      const waited = new Promise<false>((resolve) => setTimeout(resolve, graceMs + 2000, false).unref());
      const done = await Promise.race([
        this.ended.then(
          () => true as const,
          () => true as const,
        ),
        waited,
      ]);
      clearTimeout(timeout);
      if (done) return;
    }
  }
}
