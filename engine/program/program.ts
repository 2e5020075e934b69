import type { DeploymentRequest } from "../model/types.js";
import type { StartedFor } from "../preload/held.cjs";
import { folderOf } from "../protocol/private-socket.js";
import type { Sdk } from "../protocol/sdk.js";
import { Child } from "./child.js";
import type { HeldProgram } from "./held.js";
import { nodeArguments, PRELOADS, programEnvironment, programPlace } from "./place.js";

/** The exit code of a program that has told the user already what was wrong. */
const EXIT_AFTER_LOGGING = 32;

/** How a program ended; `message` only when nobody has told it yet. */
export type ProgramEnd = { ok: true } | { ok: false; message?: string };

/** A program that has been started. */
export interface RunningProgram {
  ended: Promise<ProgramEnd>;
  /** Waits for its end, first kindly, then by force. */
  stop(graceMs: number): Promise<void>;
}

/** Starts the program of a request, which finds the engine's services at `address`. */
export type StartProgram = (
  sdk: Sdk,
  request: DeploymentRequest,
  address: string,
  onLine: (line: string, stream: "stdout" | "stderr") => void,
) => RunningProgram;

/**
 * Starts the program with the SDK's own runner, as Pulumi's language host for Node does; in a
 * process that is held for it, where there is one.
 */
export const programHeld =
  (held: HeldProgram | undefined): StartProgram =>
  (sdk, request, address, onLine) => {
    const { project, distribution } = request;
    const told = toldTo(request, address);
    const start = () =>
      new Child({
        orphanGraceMs: 0,
        folders: told.folders,
        preloads: PRELOADS.map((name) => ({ name })),
        args: [...nodeArguments(project), sdk.runScript, ...told.args],
        cwd: project.root,
        env: { ...programEnvironment(project, distribution.command), ...told.env },
        onLine,
      });
    const child = held ? held.release(told, onLine).then((released) => released ?? start()) : Promise.resolve(start());
    return {
      ended: child.then((each) => each.ended).then(explain, (error: Error) => ({ ok: false, message: error.message })),
      stop: async (graceMs) => await (await child).stop(graceMs),
    };
  };

export const startProgram = programHeld(undefined);

/** What the process of a request is told. */
function toldTo(request: DeploymentRequest, address: string): StartedFor {
  const { project, stack, organization, parallel } = request;
  const { folder, entry } = programPlace(project);
  const flags: Record<string, string> = {
    monitor: address,
    engine: address,
    organization,
    project: project.name,
    "root-directory": project.root,
    stack,
    pwd: folder,
    parallel: String(parallel),
  };
  const config = Object.entries(request.config).map(([key, value]) => [key.replace(":", ":config:"), value]);
  return {
    args: [
      ...Object.entries(flags).flatMap(([key, value]) => [`--${key}`, value]),
      ...(request.operation === "preview" ? ["--dry-run"] : []),
      entry,
    ],
    env: {
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.secretKeys),
    },
    folders: [folderOf(address)],
  };
}

function explain({ code, signal }: { code: number | null; signal: string | null }): ProgramEnd {
  if (code === 0) return { ok: true };
  if (code === EXIT_AFTER_LOGGING) return { ok: false };
  if (code === null) return { ok: false, message: `Program exited due to a signal: ${signal}` };
  return { ok: false, message: `an unhandled error occurred: Program exited with non-zero exit code: ${code}` };
}
