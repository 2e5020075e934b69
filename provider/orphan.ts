/**
 * An engine that is killed outright tells its provider nothing, and the provider would stay for ever. A process whose parent has gone gets
 * another parent: then it ends, once no change of a host is under way.
 */
export function endWithParent(busy: () => boolean, everyMs = 500): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent && !busy()) process.exit(1);
  }, everyMs);
  timer.unref();
}
