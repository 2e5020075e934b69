import type { SharedSocket } from "./private-socket.js";
import { type StartProgram, startProgram } from "./program.js";
import { type StartProvider, startProvider } from "./provider-process.js";

/** Who runs the program, and who serves its resources. */
export interface Runners {
  program: StartProgram;
  provider: StartProvider;
  /** Where the engine listens, for a provider in another place. Default: in a temporary folder. */
  socket?: SharedSocket;
}

/** Each in a process of its own, so that neither can take the engine with it. */
export const PROCESSES: Runners = { program: startProgram, provider: startProvider };
