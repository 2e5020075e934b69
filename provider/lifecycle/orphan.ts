import { readFileSync } from "node:fs";

/** How often a process looks for what may end it. */
const LOOK_MS = 100;

/** A run that is to end. It finishes the change under way, and begins no other. */
interface Ending {
  readonly busy: boolean;
  ending?: string;
}

/**
 * Ends Pulumi's provider process between two changes of a host and never within one. An engine that
 * is killed tells its provider nothing: the process gets another parent. SIGINT and SIGTERM are the
 * engine's own way to end us, so without a change under way they end us at once. SIGHUP, from a
 * terminal that has gone, asks nothing of us.
 */
export function endWell(run: Ending): void {
  const isOrphan = orphanhood();
  let idle = true;
  setInterval(() => {
    if (isOrphan()) run.ending ??= "its engine is gone";
    // Between two looks the last answers get out.
    if (run.ending !== undefined && idle && !run.busy) process.exit(1);
    idle = !run.busy;
  }, LOOK_MS).unref();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      run.ending ??= `${signal} received`;
      if (!run.busy) process.exit(1);
    });
  process.on("SIGHUP", () => {});
}

/**
 * Tells from now on whether the engine is gone. The Pulumi CLI starts a shell script that starts
 * us: then the script is what gets another parent.
 */
function orphanhood(): () => boolean {
  const parent = process.ppid;
  const ofScript = readProcess(parent, "cmdline")?.includes("pulumi-resource-pulumi-nodejs") ?? false;
  const engine = ofScript ? parentOf(parent) : undefined;
  return () => process.ppid !== parent || (ofScript && parentOf(parent) !== engine);
}

/**
 * proc_pid_stat(5): the name in brackets may hold brackets, so what follows the last one is read.
 */
const parentOf = (pid: number) =>
  readProcess(pid, "stat")
    ?.replace(/^.*\) /s, "")
    .split(" ")[1];

function readProcess(pid: number, file: "stat" | "cmdline"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
