import { readFileSync } from "node:fs";
import { execa } from "execa";
import type { RunOptions, RunResult } from "../sandbox/command.js";

/** Megabytes by operation. */
export type Memory = Record<string, number>;

const LOOK_MS = 20;

/**
 * Runs a command. Returns the peak memory of its process, without children, in megabytes (VmHWM,
 * proc(5)).
 */
export async function runMeasured(
  [file, ...args]: readonly string[],
  { env, timeoutMs }: RunOptions,
): Promise<{ result: RunResult; megabytes: number }> {
  const running = execa(file!, args, { reject: false, stdin: "ignore", env, timeout: timeoutMs });
  let kilobytes = 0;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
      kilobytes = Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? kilobytes);
    } catch {
      // It has just ended.
    }
  };
  const timer = setInterval(look, LOOK_MS);
  const { stdout, stderr, exitCode } = await running;
  clearInterval(timer);
  return { result: { stdout, stderr, exitCode: exitCode ?? -1 }, megabytes: Math.round(kilobytes / 1024) };
}
