import { printable } from "../display/printable.js";
import type { Screen } from "../display/screen.js";
import type { Distribution } from "../distribution.js";
import type { DeploymentRequest, DeploymentResult, Project } from "../model/types.js";

export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The world around a command: what a test replaces. */
export interface Outside {
  env: NodeJS.ProcessEnv;
  /** The current folder, as the user sees it (symbolic links kept). */
  cwd: string;
  out(text: string): void;
  err(text: string): void;
  /** Whether `out` writes to a terminal. */
  terminal: boolean;
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
  /**
   * Starts the process of a program that will be deployed, before it is known how. The returned
   * function ends it, unless it runs.
   */
  hold(project: Project, command: string): () => void;
  deploy(request: DeploymentRequest): Promise<DeploymentResult>;
  /**
   * Calls `handler` for signals, which then don't end the process. The returned function undoes it.
   */
  onSignal(handler: (signal: Signal) => void): () => void;
  /** Ends the process as soon as no change is under way; `last` is what it does then. */
  kill(exitCode: number, last: () => void): void;
}

/** The same for the commands: a terminal obeys nothing of what they write but their colours. */
export interface Surroundings extends Outside {
  distribution: Distribution;
  /** Writes a value that a script may read: exactly as it is, unless `out` writes to a terminal. */
  data(text: string): void;
}

/** `outside` for commands, in which whatever is written to people can be printed. */
export const printing = (outside: Outside, distribution: Distribution): Surroundings => ({
  ...outside,
  distribution,
  out: (text) => outside.out(printable(text)),
  err: (text) => outside.err(printable(text)),
  data: (text) => outside.out(outside.terminal ? printable(text) : text),
  ask: (question, hidden) => outside.ask(printable(question), hidden),
});
