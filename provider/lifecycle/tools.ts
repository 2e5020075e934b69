import { readFile } from "node:fs/promises";
import { distributionIds, howToInstall, missingMessage, missingTools, type Packages } from "../../system/packages.js";
import { ALWAYS, type ToolAnswers, unfitMessage } from "../host/tools.js";
import type { CheckFailure } from "./inputs.js";

/**
 * One failure when this machine lacks tools, or has others than it takes: which, and the command
 * that installs them.
 */
export async function checkTools(
  more: Packages = {},
  has: (tool: string) => boolean,
  ask: () => Promise<ToolAnswers>,
): Promise<CheckFailure[]> {
  const packages = { ...ALWAYS, ...more };
  const missing = missingTools(packages, has);
  const reason = missing.length > 0 ? await lackMessage(missing) : unfitHere(await ask(), packages);
  return reason === undefined ? [] : [{ property: "", reason }];
}

/** The same of tools that are there. */
export const unfitHere = (answers: ToolAnswers, packages: Packages = ALWAYS): string | undefined =>
  unfitMessage(answers, packages, "this machine", isRoot());

async function lackMessage(missing: ReturnType<typeof missingTools>): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const cure = howToInstall(missing, distributionIds(release), isRoot());
  return `${missingMessage(missing)} Nothing was touched. ${cure}`;
}

const isRoot = () => process.getuid?.() === 0;
