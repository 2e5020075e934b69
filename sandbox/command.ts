import { readFileSync } from "node:fs";
import { execa } from "execa";
import { stretched } from "./slow.js";

/** What a command on a throw-away host is given. */
export interface RunOptions {
  /**
   * Text for its standard input. Any text.
   *
   * @defaultValue None: the input is at its end.
   */
  input?: string;
  /**
   * Variables of its environment besides those of this process. Any text.
   *
   * @defaultValue None.
   */
  env?: Record<string, string>;
  /**
   * Folder that it runs in, such as `"/tmp"`. One under /etc, /run, /proc or /sys is that of the
   * host.
   *
   * @defaultValue The folder of this process.
   */
  cwd?: string;
  /**
   * Time after which it is killed, 1 or more milliseconds, stretched on a slow machine
   * (`HOSTNET_SLOW`).
   *
   * @defaultValue 60000 where it is waited for; none in the background.
   */
  timeoutMs?: number;
}

/** How a command ended. */
export interface RunResult {
  /** What it wrote to its standard output. */
  stdout: string;
  /** What it wrote to its standard error, and why it was killed where it was. */
  stderr: string;
  /**
   * Its exit code. It is -1 where the command was killed, took too long, or could not be started.
   */
  exitCode: number;
}

/** A server or other command in the background. */
export interface Background {
  /** How it ends, by itself or by `stop`. */
  ended: Promise<RunResult>;
  /**
   * Ends it with SIGTERM, and after two seconds, stretched on a slow machine, with SIGKILL.
   *
   * @returns How it ended.
   */
  stop(): Promise<RunResult>;
}

/** A started command: its output as it comes, its end, and a way to send it a signal. */
export interface Started {
  ended: Promise<RunResult>;
  /**
   * Waits until the output holds a text. Throws with what the command said instead when it ends
   * before.
   */
  outputHolds(text: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Ends it for certain. */
  kill(): void;
}

/** The longest time that a timer can have, 24 days. */
const NO_LIMIT = 2 ** 31 - 1;

/** Starts a command line, in a sandbox when it begins with nsenter (see setup.ts). */
export function startCommand(argv: readonly string[], options: RunOptions): Started {
  const [file, ...args] = argv;
  const running = execa(file!, args, {
    reject: false,
    stripFinalNewline: false,
    env: options.env,
    cwd: options.cwd,
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
  });
  const signal = (name: NodeJS.Signals) => {
    const pid = running.pid;
    if (pid === undefined || running.exitCode !== null || running.signalCode !== null) return;
    try {
      process.kill((file === "nsenter" ? onlyChild(pid) : undefined) ?? pid, name);
    } catch {
      // It ended on its own in this moment.
    }
  };
  // What a command left in the background may hold its output open; nobody waits for that after a
  // kill.
  const kill = () => {
    signal("SIGKILL");
    setTimeout(() => [running.stdout, running.stderr].map((stream) => stream.destroy()), 300).unref();
  };
  let late = "";
  const limit = options.timeoutMs === undefined ? NO_LIMIT : stretched(options.timeoutMs);
  const timer = setTimeout(() => {
    late = `took more than ${limit} ms: `;
    kill();
  }, limit);
  const ended = running.then(({ stdout, stderr, exitCode, shortMessage }) => {
    clearTimeout(timer);
    const said = stderr ?? "";
    if (late) return { stdout, stderr: `${said}${late}${argv.join(" ")}`, exitCode: -1 };
    return exitCode === undefined
      ? { stdout, stderr: said || (shortMessage ?? ""), exitCode: -1 }
      : { stdout, stderr: said, exitCode };
  });
  let seen = "";
  running.stdout.on("data", (chunk) => {
    seen += String(chunk);
  });
  const outputHolds = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => seen.includes(text) && resolve(seen);
      look();
      running.stdout.on("data", look);
      ended.then(({ stderr, exitCode }) => reject(new Error(stderr.trim() || `ended with ${exitCode}: ${seen}`)));
    });
  return { ended, outputHolds, signal, kill };
}

/** A started command as a thing in the background. */
export function inBackground({ ended, signal, kill }: Started): Background {
  return {
    ended,
    stop: async () => {
      signal("SIGTERM");
      const timer = setTimeout(kill, stretched(2000));
      const result = await ended;
      clearTimeout(timer);
      return result;
    },
  };
}

/** nsenter waits for one child in the process namespace, and hands no signal on to it. */
export function onlyChild(pid: number): number | undefined {
  try {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
    return child > 0 ? child : undefined;
  } catch {
    return undefined;
  }
}
