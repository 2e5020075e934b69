import { HostError } from "../kernel/errors.js";
import type { Exec } from "./exec.js";

/** Whoever changes the rules of iptables' legacy backend holds a flock on this file. */
const LOCK = "/run/xtables.lock";

/** An error of iptables; where another program's lock was waited for in vain it says whose. */
export async function namingHolder(exec: Exec, error: unknown): Promise<unknown> {
  if (!(error instanceof HostError) || error.code !== "busy") return error;
  const { stdout } = await exec(["lslocks", "-n", "-r", "-o", "PATH,PID,COMMAND"]).catch(() => ({ stdout: "" }));
  const held = stdout.split("\n").map((line) => line.split(" "));
  const [, pid, command] = held.find(([path]) => path === LOCK) ?? [];
  if (pid === undefined) return error;
  const cure = `${LOCK} is held by ${command} (process ${pid}): wait for it to end, or stop it, and run again`;
  return new HostError(error.code, error.command, `${error.stderr.trim()}\n${cure}`, error.undone);
}
