import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Root may do anything in any case. */
const ROOT = 0;
/**
 * In a user namespace, the owner of what belongs to users outside of it, root of the machine among
 * them (/proc/sys/kernel/overflowuid).
 */
const UNMAPPED = 65534;

/**
 * Why another user could replace what lies in `folder`; undefined when none could. All folders
 * above count too: a user that may write to one of them can rename its entries, unless the folder
 * is sticky as /tmp is (unlink(2)).
 */
export function openToOthers(folder: string): string | undefined {
  const trusted = [ROOT, process.getuid!(), ...(inUserNamespace() ? [UNMAPPED] : [])];
  for (let each = realpathSync(folder), child = ""; each !== child; child = each, each = dirname(each)) {
    const { uid, mode } = statSync(each);
    if (!trusted.includes(uid)) return `${each} belongs to user ${uid}`;
    if (mode & 0o022 && !(mode & 0o1000)) return `others may write to ${each}`;
  }
  return undefined;
}

const inUserNamespace = (): boolean => !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
