import { spawn } from "node:child_process";
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
 * that /run/netns and /etc/netns stay the machine's. A run starts many of them, and this is 3 ms a command cheaper than execa.
 */
export function localExec(netns?: string): Exec {
  const prefix = netns === undefined ? [] : ["nsenter", `--net=/run/netns/${netns}`, "--"];
  return (argv, { input } = {}) =>
    new Promise((resolve, reject) => {
      const [file = "", ...args] = [...prefix, ...argv];
      const child = spawn(file, args, {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, PATH, LC_ALL: "C" },
        timeout: TIMEOUT_MS,
        killSignal: "SIGKILL",
      });
      const output = { stdout: "", stderr: "" };
      for (const stream of ["stdout", "stderr"] as const)
        child[stream].setEncoding("utf8").on("data", (text: string) => {
          output[stream] += text;
        });
      child.once("error", (error) => reject(failure(argv, error.message)));
      child.once("close", (exitCode, signal) => {
        if (exitCode !== null) return resolve({ ...output, exitCode });
        const reason = child.killed ? `timed out after ${TIMEOUT_MS / 1000} s` : `was ended by ${signal}`;
        reject(failure(argv, `${reason}: ${output.stderr}`));
      });
      // One that ends without reading its input says why by itself.
      child.stdin.on("error", () => {});
      child.stdin.end(input);
    });
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
