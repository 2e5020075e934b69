import type { SysctlIs } from "../kernel/sysctl-words.js";
import type { Exec } from "./exec.js";

/** A word for each file below /proc/sys. Whoever it is, the kernel goes by the file's mode. */
const LOOK = `for name; do
  p=/proc/sys/$name
  if [ -d "$p" ]; then echo folder
  elif [ ! -e "$p" ]; then echo absent
  elif [ ! -r "$p" ]; then echo unreadable
  elif [ -w "$p" ]; then echo writable
  else case $(stat -c %a "$p") in [2367]??) echo read-only;; *) echo constant;; esac
  fi
done`;

/** The path of a dotted key; a slash in one stands for a dot. */
const pathOf = (key: string) => key.replaceAll(/[./]/g, (sign) => (sign === "." ? "/" : "."));

/** What there is of some sysctls where `inside` runs, which `outside` may have for all. */
export async function lookAtSysctls(keys: string[], inside: Exec, outside?: Exec): Promise<Map<string, SysctlIs>> {
  const found = await look(keys, inside);
  const absent = keys.filter((key) => found.get(key) === "absent");
  if (!outside || absent.length === 0) return found;
  for (const [key, is] of await look(absent, outside)) if (is !== "absent") found.set(key, "host-wide");
  return found;
}

/** Empty where nobody can tell. */
async function look(keys: string[], exec: Exec): Promise<Map<string, SysctlIs>> {
  const { stdout, exitCode } = await exec(["sh", "-c", LOOK, "sh", ...keys.map(pathOf)]);
  const words = stdout.split("\n").slice(0, -1);
  if (exitCode !== 0 || words.length !== keys.length) return new Map();
  return new Map(keys.map((key, at) => [key, words[at] as SysctlIs]));
}

/**
 * What a namespace that is still to be made will have of them: a look at one that is gone when the
 * look ends.
 */
export const lookAtNew = (keys: string[], exec: Exec): Promise<Map<string, SysctlIs>> =>
  lookAtSysctls(keys, (argv) => exec(["unshare", "--net", ...argv]), exec);
