import type { OwnPackage } from "../providers/own-provider.js";
import { run } from "./run.js";
import { processSurroundings } from "./terminal.js";

/** Runs the command of this process, with packages that it serves itself, and ends the process. */
export async function main(packages: Readonly<Record<string, OwnPackage>>): Promise<never> {
  // A server or a pipe that is still open must not keep the command from ending.
  return process.exit(await run(process.argv.slice(2), processSurroundings(packages)));
}
