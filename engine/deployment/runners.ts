import { type StartProgram, startProgram } from "../program/program.js";
import type { SharedSocket } from "../protocol/private-socket.js";
import { type StartProvider, startProvider } from "../providers/provider-process.js";

/** What runs the program, and what serves its resources. */
export interface Runners {
  program: StartProgram;
  provider: StartProvider;
  /** Where the engine listens, for a provider in another place. Default: in a temporary folder. */
  socket?: SharedSocket;
}

/** Each in a process of its own, so that neither can take the engine with it. */
export const PROCESSES: Runners = { program: startProgram, provider: startProvider };
