import { setFlagsFromString } from "node:v8";
import "../preload/cold-code.cjs";
import type { Distribution } from "../distribution.js";
import { Changing } from "./changing.js";
import { run } from "./run.js";
import { processSurroundings } from "./terminal.js";

/** Runs the command that this process was started with, and ends with its exit code. */
export async function main(distribution: Distribution, argv = process.argv.slice(2)): Promise<never> {
  // By default V8 lets the heap grow to several times what lives in it before it collects. With
  // thousands of resources that is hundreds of megabytes.
  setFlagsFromString("--heap-growing-percent=50");
  const changing = new Changing(distribution.packages);
  const watched = { ...distribution, packages: changing.packages };
  // A server or a pipe that is still open must not keep the command from ending.
  process.exit(await run(watched, argv, processSurroundings(changing)));
}
