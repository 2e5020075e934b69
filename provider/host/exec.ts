import { execa } from "execa";
import { HostError } from "../errors.js";
import { classify } from "./classify.js";

/** What a finished command said. */
export interface Finished {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Starts commands on one host. This file is the only one that starts a process. */
export type Exec = (argv: string[], options?: { input?: string }) => Promise<Finished>;

/** Where Debian keeps the tools; an ordinary user's PATH often lacks the sbin folders. */
const PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/** No tool here takes longer than a few seconds; a hung one must not hang the run. */
const TIMEOUT_MS = 120_000;

/**
 * Commands on this machine, in its network namespace or in a named one. `nsenter` changes the network namespace only, so
 * that /run/netns and /etc/netns stay the machine's.
 */
export function localExec(netns?: string): Exec {
  const prefix = netns === undefined ? [] : ["nsenter", `--net=/run/netns/${netns}`, "--"];
  return async (argv, { input } = {}) => {
    const [file = "", ...args] = [...prefix, ...argv];
    const result = await execa(file, args, {
      ...(input === undefined ? { stdin: "ignore" as const } : { input }),
      env: { PATH, LC_ALL: "C" },
      reject: false,
      timeout: TIMEOUT_MS,
      stripFinalNewline: false,
    });
    if (result.exitCode === undefined) {
      const reason = result.timedOut
        ? `timed out after ${TIMEOUT_MS / 1000} s`
        : (result.originalMessage ?? result.shortMessage);
      throw failure(argv, `${reason}${result.stderr ?? ""}`);
    }
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
  };
}

/** Runs a command that has to succeed. Throws HostError. */
export async function must(exec: Exec, argv: string[], options?: { input?: string }): Promise<string> {
  const { stdout, stderr, exitCode } = await exec(argv, options);
  if (exitCode !== 0) throw failure(argv, stderr || `exit code ${exitCode}`);
  return stdout;
}

export function failure(argv: string[], stderr: string, undone: string[] = []): HostError {
  return new HostError(classify(stderr), argv.join(" "), stderr, undone);
}
