import type { Writable } from "node:stream";
import { execa } from "execa";
import { HostError } from "../kernel/errors.js";
import { writeBatchFiles } from "./batch-files.js";
import { classify } from "./classify.js";

/** What a finished command said. */
export interface Finished {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** What a command reads. */
export interface Reads {
  /** Its standard input; where it names files, made of their paths. */
  input?: string | ((paths: string[]) => string);
  /** Texts that lie in files on the host while it runs. */
  files?: string[];
}

/** Starts commands on one host. This file is the only one that starts a process. */
export type Exec = (argv: string[], reads?: Reads) => Promise<Finished>;

/** What a command reads on standard input once the paths of its files are known. */
export const inputOf = ({ input }: Reads, paths: string[]): string | undefined =>
  typeof input === "function" ? input(paths) : input;

/** Where Debian keeps the tools; an ordinary user's PATH often lacks the sbin folders. */
const PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/**
 * A terminal's Ctrl-C is for the engine, which lets a change come to its end: not for the tools of
 * that change, where they run in its process group.
 */
const OWN_GROUP = { detached: true };

/** No tool here takes longer than a few seconds; a hung one must not hang the run. */
export const TIMEOUT_MS = 120_000;

/** What comes before a command that runs in a named network namespace. */
export const enter = (netns: string | undefined): string[] =>
  netns === undefined ? [] : ["nsenter", `--net=${namespacePath(netns)}`, "--"];

/** The file that stands for a network namespace. */
export const namespacePath = (netns: string | undefined): string =>
  netns === undefined ? "/proc/self/ns/net" : `/run/netns/${netns}`;

/**
 * Commands on this machine, in its network namespace or in a named one. `nsenter` changes the
 * network namespace only, so /run/netns and /etc/netns stay the machine's. Each command keeps what
 * is `held` open as long as it runs, even after this process was killed.
 */
export function localExec(netns?: string, held: ReadonlySet<Writable> = new Set()): Exec {
  const prefix = enter(netns);
  return async (argv, reads = {}) => {
    const [file = "", ...args] = [...prefix, ...argv];
    const { files: paths, remove } = writeBatchFiles(reads.files ?? []);
    const input = inputOf(reads, paths);
    const result = await execa(file, args, {
      ...(input !== undefined && { input }),
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", ...held],
      ...OWN_GROUP,
      env: { PATH, LC_ALL: "C" },
      reject: false,
      timeout: TIMEOUT_MS,
      stripFinalNewline: false,
    }).finally(remove);
    if (result.exitCode === undefined) {
      const reason = result.timedOut
        ? `timed out after ${TIMEOUT_MS / 1000} s`
        : (result.originalMessage ?? result.shortMessage);
      throw failure(argv, `${reason}${result.stderr ?? ""}`);
    }
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
  };
}

/** A program that is talked to until it ends. */
export interface Conversation {
  /** What it reads. */
  readonly input: Writable;
  write(text: string): void;
  /** Ends what it reads; it will go then. */
  end(): void;
  kill(): void;
  ended: Promise<Finished>;
}

/**
 * Starts a program on this machine, to hear its output as it comes. A missing one ends with 127.
 * It has to end with what it reads, which this process's end is.
 */
export function converse(
  argv: string[],
  hear: (chunk: Buffer) => void,
  env: Record<string, string> = {},
): Conversation {
  const [file = "", ...args] = argv;
  const running = execa(file, args, {
    stdin: "pipe",
    ...OWN_GROUP,
    buffer: { stdout: false },
    env: { PATH, LC_ALL: "C", ...env },
    reject: false,
  });
  running.stdout.on("data", hear);
  // Writing to a program that has just ended is no error of its own: `ended` tells.
  running.stdin.on("error", () => {});
  return {
    input: running.stdin,
    write: (text) => void running.stdin.write(text),
    end: () => void running.stdin.end(),
    kill: () => void running.kill("SIGKILL"),
    ended: running.then(({ exitCode, stderr, shortMessage, originalMessage }) => ({
      stdout: "",
      stderr: exitCode === undefined ? `${stderr ?? ""}${originalMessage ?? shortMessage}` : (stderr ?? ""),
      exitCode: exitCode ?? 127,
    })),
  };
}

/**
 * What a command says while it is only rehearsed (see ssh/together.ts): nothing, and that is no
 * reading.
 */
export const REHEARSED: Finished = { stdout: "", stderr: "", exitCode: 0 };

/** What a shell, `nsenter` and `env` end with where the program isn't there. */
const NO_SUCH_PROGRAM = 127;

/** Runs a command that has to succeed. Throws HostError. */
export async function must(exec: Exec, argv: string[], reads?: Reads): Promise<string> {
  return succeeded(argv, await exec(argv, reads)).stdout;
}

/** What a command said that has to have succeeded. Throws HostError. */
export function succeeded(argv: string[], finished: Finished): Finished {
  const { stderr, exitCode } = finished;
  if (exitCode === 0) return finished;
  const said = stderr || `exit code ${exitCode}`;
  // A shell says "not found" of a program, which is what tools say of everything else.
  if (exitCode === NO_SUCH_PROGRAM) throw new HostError("missing", argv.join(" "), said);
  throw failure(argv, said);
}

/**
 * What a command said of things that may not be there. Throws HostError when it failed for another
 * reason.
 */
export function ofThose(argv: string[], finished: Finished): Finished {
  if (finished.exitCode === 0) return finished;
  if (finished.exitCode === NO_SUCH_PROGRAM) return succeeded(argv, finished);
  const lines = finished.stderr.split("\n").filter((line) => line.trim() !== "");
  const other =
    lines.length === 0 ? `exit code ${finished.exitCode}` : lines.find((line) => classify(line) !== "not-found");
  if (other !== undefined) throw failure(argv, other);
  return finished;
}

export function failure(argv: string[], stderr: string, undone: string[] = []): HostError {
  return new HostError(classify(stderr), argv.join(" "), stderr, undone);
}
