import { type StartProgram, startProgram } from "./program.js";
import { type StartProvider, startProvider } from "./provider-process.js";

/** Who runs the program, and who serves its resources. */
export interface Runners {
  program: StartProgram;
  provider: StartProvider;
}

/** Each in a process of its own, so that neither can take the engine with it. */
export const PROCESSES: Runners = { program: startProgram, provider: startProvider };
