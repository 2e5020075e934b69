import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

// The engine, which takes nothing of the provider, asks the same: see engine/trust.ts.

/** Whom a file may belong to besides this user: root, who may do anything in any case. */
const ROOT = 0;
/** Of a user namespace: whoever has no number in it (/proc/sys/kernel/overflowuid), root of the machine among them. */
const UNMAPPED = 65534;

/**
 * Why another user could put something of his own in the place of what lies in `folder`; undefined when nobody can. Asked of all folders above
 * too: whoever may write to one of them can rename what is in it, unless it is sticky as /tmp is (unlink(2)).
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
