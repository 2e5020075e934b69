import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * An engine that is killed outright can't end its children, and a program without its engine tries for ever to reach it. So each
 * child looks whether its parent is still there, and ends when it has been gone for the grace that it may take to finish.
 */
const endWithParent = (graceMs: number) =>
  `data:text/javascript,${encodeURIComponent(`
const parent = process.ppid;
let gone = 0;
setInterval(() => {
  if (process.ppid !== parent && (gone += 500) > ${graceMs}) process.exit(1);
}, 500).unref();
`)}`;

/** What a child is started with. */
export interface ChildOptions {
  args: string[];
  /** How long it may go on when this process was killed, for what it has under way. */
  orphanGraceMs: number;
  cwd: string;
  env: Record<string, string | undefined>;
  onLine(line: string, stream: "stdout" | "stderr"): void;
}

/** A Node process of its own process group: the terminal's Ctrl-C is for the engine, which lets running calls finish. */
export class Child {
  private readonly process: ChildProcess;
  /** Resolves when the process has ended and all it said was read. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;

  constructor({ args, orphanGraceMs, cwd, env, onLine }: ChildOptions) {
    const watched = ["--import", endWithParent(orphanGraceMs), ...args];
    const child = spawn(process.execPath, watched, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
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

  /** Sends a signal to the process and what it started. */
  kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    if (this.process.pid === undefined || this.process.exitCode !== null || this.process.signalCode !== null) return;
    try {
      process.kill(-this.process.pid, signal);
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
