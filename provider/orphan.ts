/** How often a process looks for what may end it. */
const LOOK_MS = 100;

let why: string | undefined;

/** Why this process is to end, when it is: a change of a host that is under way is finished, and no other begun. */
export const endingBecause = () => why;

/**
 * Ends Pulumi's provider process between two changes of a host and never within one. An engine that is killed outright tells its provider
 * nothing: a process whose parent has gone gets another parent. Of SIGINT and SIGTERM the engine's own way to end us is one, so without a change
 * under way they end us at once. SIGHUP, of a terminal that has gone, asks nothing of us.
 */
export function endWell(busy: () => boolean): void {
  const parent = process.ppid;
  let idle = true;
  setInterval(() => {
    if (process.ppid !== parent) why ??= "its engine is gone";
    // Between two looks the last answers get out.
    if (why !== undefined && idle && !busy()) process.exit(1);
    idle = !busy();
  }, LOOK_MS).unref();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      why ??= `${signal} received`;
      if (!busy()) process.exit(1);
    });
  process.on("SIGHUP", () => {});
}
