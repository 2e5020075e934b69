import { readFile } from "node:fs/promises";
import { distributionIds, howToInstall, missingMessage, missingTools, type Packages } from "../../system/packages.js";
import type { CheckFailure } from "./inputs.js";

/** What looking at a host and changing it takes; a backend may need more. */
const ALWAYS: Packages = {
  iproute2: ["ip"],
  iptables: ["iptables-save", "iptables-restore"],
  procps: ["sysctl"],
  "util-linux": ["flock", "nsenter"],
};

/** One failure when this machine lacks tools: which, and the command that installs them. */
export async function checkTools(more: Packages = {}, has: (tool: string) => boolean): Promise<CheckFailure[]> {
  const missing = missingTools({ ...ALWAYS, ...more }, has);
  if (missing.length === 0) return [];
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const cure = howToInstall(missing, distributionIds(release), process.getuid?.() === 0);
  return [{ property: "", reason: `${missingMessage(missing)} Nothing was touched. ${cure}` }];
}
