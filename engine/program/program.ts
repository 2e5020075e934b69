import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DeploymentRequest, Project } from "../model/types.js";
import { folderOf } from "../protocol/private-socket.js";
import type { Sdk } from "../protocol/sdk.js";
import { Child } from "./child.js";
import { compileCache } from "./compile-cache.js";

/** See each in engine/preload/. */
const PRELOADS = [
  ...["cold-code", "plain-errors", "lazy-modules", "nothing-for-debugging", "one-frame", "quick-structs"],
  "no-callbacks",
];

/** The exit code of a program that has told the user already what was wrong. */
const EXIT_AFTER_LOGGING = 32;

/** Where a program runs and what is run there: `main` may name a folder or a file. */
export function programPlace(project: Project): { folder: string; entry: string } {
  if (!project.main) return { folder: project.root, entry: "." };
  const path = join(project.root, project.main);
  if (existsSync(path) && statSync(path).isDirectory()) return { folder: path, entry: "." };
  return { folder: dirname(path), entry: basename(path) };
}

/** How a program ended; `message` only when nobody has told it yet. */
export type ProgramEnd = { ok: true } | { ok: false; message?: string };

/** The options of the runtime that are read here; the project file's have been checked. */
interface RuntimeOptions {
  tsconfig?: string;
  nodeargs?: string;
  typescript?: boolean;
}

/** Splits `nodeargs` as a shell would, quotes included. */
function splitArgs(text: string): string[] {
  const words = text.match(/(?:[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
      (_, a?: string, b?: string) => a?.replace(/\\(.)/g, "$1") ?? b ?? "",
    ),
  );
}

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

/** Starts the program with the SDK's own runner, as Pulumi's language host for Node does. */
export const startProgram: StartProgram = (sdk, request, address, onLine) => {
  const { project, stack, organization, parallel } = request;
  const { folder, entry } = programPlace(project);
  const config = Object.entries(request.config).map(([key, value]) => [key.replace(":", ":config:"), value]);
  const { tsconfig, nodeargs = "", typescript = true } = project.options as RuntimeOptions;
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
  const child = new Child({
    orphanGraceMs: 0,
    folders: [folderOf(address)],
    preloads: PRELOADS.map((name) => ({ name })),
    args: [
      ...splitArgs(nodeargs),
      sdk.runScript,
      ...Object.entries(flags).flatMap(([key, value]) => [`--${key}`, value]),
      ...(request.operation === "preview" ? ["--dry-run"] : []),
      entry,
    ],
    cwd: project.root,
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.secretKeys),
      ...(typescript
        ? { PULUMI_NODEJS_TYPESCRIPT: "true", ...compileCache(request.distribution.command, process.env) }
        : {}),
      ...(tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
    },
    onLine,
  });
  return {
    ended: child.ended.then(explain, (error: Error) => ({ ok: false, message: error.message })),
    stop: (graceMs) => child.stop(graceMs),
  };
};

function explain({ code, signal }: { code: number | null; signal: string | null }): ProgramEnd {
  if (code === 0) return { ok: true };
  if (code === EXIT_AFTER_LOGGING) return { ok: false };
  if (code === null) return { ok: false, message: `Program exited due to a signal: ${signal}` };
  return { ok: false, message: `an unhandled error occurred: Program exited with non-zero exit code: ${code}` };
}
