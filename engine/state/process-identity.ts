import { readFileSync, readlinkSync } from "node:fs";

/**
 * What tells a process from all others of its number, after a reboot and in other containers too.
 */
export interface ProcessIdentity {
  /** One for each boot of a kernel, and the same in all containers on it. */
  bootId: string;
  /** Where the number means this process, and its start time is counted alike. */
  namespaces: string;
  /** In clock ticks since the boot. */
  startTime: string;
}

/** This process; undefined where there is no /proc, or the /proc of other processes. */
export function ownIdentity(): ProcessIdentity | undefined {
  try {
    if (readlinkSync("/proc/self") !== String(process.pid)) return undefined;
    const { startTime } = look(process.pid);
    const namespaces = ["pid", "time"].map((kind) => readlinkSync(`/proc/self/ns/${kind}`)).join(" ");
    return { bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), namespaces, startTime };
  } catch {
    return undefined;
  }
}

/** Whether such a process has certainly ended. One that can't be seen from here may live. */
export function hasEnded(pid: number, then: Partial<ProcessIdentity>): boolean {
  const own = ownIdentity();
  if (!own || own.bootId !== then.bootId || own.namespaces !== then.namespaces) return false;
  if (!isAlive(pid)) return true;
  try {
    const { state, startTime } = look(pid);
    return state === "Z" || startTime !== then.startTime;
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * proc_pid_stat(5): the name in brackets may hold brackets, so what follows the last one is read.
 */
function look(pid: number): { state: string; startTime: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  if (state === undefined || startTime === undefined) throw new Error(`/proc/${pid}/stat is cut short: ${stat}`);
  return { state, startTime };
}
