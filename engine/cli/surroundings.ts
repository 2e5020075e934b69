import type { Screen } from "../display/screen.js";
import type { DeploymentRequest, DeploymentResult } from "../types.js";

export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The world around a command: what a test replaces. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** The current folder, as the user sees it (symbolic links kept). */
  cwd: string;
  out(text: string): void;
  err(text: string): void;
  /** Whether somebody sits at a terminal and can be asked. */
  interactive: boolean;
  /**
   * The part of a terminal that is redrawn; `out` and `err` write above it. Absent: no terminal.
   */
  screen?: Screen;
  /** Whether to colour what is written. */
  colors: boolean;
  /** Asks for a line; `hidden` doesn't show what is typed. */
  ask(question: string, hidden?: boolean): Promise<string>;
  /** All that is piped in. */
  input(): Promise<string>;
  deploy(request: DeploymentRequest): Promise<DeploymentResult>;
  /**
   * Calls `handler` for signals, which then don't end the process. The returned function undoes it.
   */
  onSignal(handler: (signal: Signal) => void): () => void;
  /** Ends the process at once. */
  kill(exitCode: number): void;
}
