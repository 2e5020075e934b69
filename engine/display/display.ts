import type { DeploymentResult, EngineEvent, Operation, PropertyMap } from "../model/types.js";

/** Shows one operation while it runs. */
export interface Display {
  event(event: EngineEvent): void;
  /** The operation has ended; nothing comes after this. */
  end(result: Ending): void;
}

/** How an operation ended, for the display. */
export interface Ending {
  status: DeploymentResult["status"];
  changes: DeploymentResult["changes"];
  seconds: number;
  /** The stack's outputs before; undefined when there was no stack. */
  outputsBefore: PropertyMap | undefined;
  /** Its outputs now; undefined when the operation doesn't say. */
  outputs: PropertyMap | undefined;
}

export interface DisplayOptions {
  operation: Operation;
  dryRun: boolean;
  stack: string;
  showSecrets: boolean;
  colors: boolean;
  /** Configuration with secrets masked. */
  config: Record<string, string>;
  out(text: string): void;
  err(text: string): void;
}
