import { readdirSync, readFileSync } from "node:fs";

/** Process ids of all providers on this host that an engine has started. */
export function providerProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && commandLine(name).includes("cmd/dynamic-provider"))
    .map(Number);
}

function commandLine(process: string): string {
  try {
    return readFileSync(`/proc/${process}/cmdline`, "utf8");
  } catch {
    return ""; // It has just ended.
  }
}
