import { HostError } from "../kernel/errors.js";
import type { SysctlStep } from "../kernel/plan.js";
import { shown } from "../kernel/shown.js";
import { inNamespace, whyNotSettable } from "../kernel/sysctl-words.js";
import { classify } from "./classify.js";
import { type Exec, type Finished, REHEARSED } from "./exec.js";
import { lookAtSysctls } from "./look-sysctls.js";

/**
 * Sets a sysctl. One of a namespace is read afterwards: what the kernel says otherwise would be
 * drift for ever. Throws HostError.
 */
export async function setSysctl(exec: Exec, step: SysctlStep): Promise<void> {
  const { namespace, key, value } = step;
  const inside: Exec = (argv) => exec(namespace === undefined ? argv : ["ip", "netns", "exec", namespace, ...argv]);
  // `sysctl -w` exits with 0 on some errors, so its word alone is not taken for it.
  const { stderr, exitCode } = await inside(["sysctl", "-q", "-w", `${key}=${value}`]);
  if (exitCode !== 0 || stderr.trim() !== "") throw refused(step, stderr, await whyNotSet(step, stderr, inside, exec));
  if (namespace === undefined) return;
  const kept = await inside(["sysctl", "-n", key]);
  const why = kept === REHEARSED ? undefined : whyNotKept(step, kept);
  if (why !== undefined) throw refused(step, "", why);
}

function refused({ namespace, key, value }: SysctlStep, stderr: string, why: string): HostError {
  const code = classify(stderr);
  const argument = namespace === undefined ? "forward" : `sysctls.${key}`;
  const said = stderr.trim() === "" ? "" : `${stderr.trim()}: `;
  return new HostError(code === "other" ? "invalid" : code, `sysctl -w ${key}=${value}`, `${said}${argument}: ${why}`);
}

async function whyNotSet(step: SysctlStep, stderr: string, inside: Exec, exec: Exec): Promise<string> {
  const { namespace, key, value } = step;
  const is = (await lookAtSysctls([key], inside, namespace === undefined ? undefined : exec)).get(key);
  const where = namespace === undefined ? "the host" : inNamespace(namespace);
  const why = is && whyNotSettable(is, key, value, where);
  if (why) return why;
  if (classify(stderr) === "permission")
    return `${key} can't be set to ${shown(value)}, for this user may not: run as root, with the rights for it`;
  const now = textOf(await inside(["sysctl", "-n", key]));
  return `${shown(value)} is no value that the kernel takes for ${key} (${shown(now)} now): write another, see ip-sysctl.rst of the kernel`;
}

function whyNotKept({ namespace, key, value }: SysctlStep, kept: Finished): string | undefined {
  const now = textOf(kept);
  if (kept.exitCode !== 0 || now === "") return whyNotSettable("unreadable", key, value, inNamespace(namespace!));
  if (now === value) return undefined;
  return `${shown(value)} is what the kernel calls ${shown(now)}, so each \`up\` would set it again: write ${shown(now)}`;
}

const textOf = ({ stdout }: Finished) => stdout.trim().replace(/\s+/g, " ");
