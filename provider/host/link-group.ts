import { randomInt } from "node:crypto";
import type { IpStep, LinkDelete, Step } from "../kernel/plan.js";
import { failedLines } from "./classify.js";
import type { Exec } from "./exec.js";

type LinkRemoval = IpStep & LinkDelete;

/** In the host's own network namespace. */
export const isLinkRemoval = (step: Step): step is LinkRemoval =>
  step.do === "link.delete" && step.namespace === undefined;

/** A number that nobody else uses. */
const group = 2 ** 30 + randomInt(2 ** 30);

/**
 * Removes links, all at once. For each link that goes alone the kernel waits some 16 ms until no
 * CPU uses it any more; for a group it waits once. Returns those that are gone. The others are to
 * be removed one by one, which says why they are not.
 */
export async function removeTogether(exec: Exec, removals: LinkRemoval[]): Promise<Set<IpStep>> {
  const lines = removals.map(({ name }) => `link set dev ${name} group ${group}`);
  const input = `${[...lines, `link del group ${group}`].join("\n")}\n`;
  const { stderr, exitCode } = await exec(["ip", "-force", "-batch", "-"], { input });
  const failed = new Set(failedLines(stderr).map(({ line }) => line));
  const unknown = exitCode !== 0 && failed.size === 0;
  if (unknown || failed.has(lines.length + 1)) return new Set();
  return new Set(removals.filter((_, at) => !failed.has(at + 1)));
}
