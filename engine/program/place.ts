import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Project } from "../model/types.js";
import { compileCache } from "./compile-cache.js";

/** See each in engine/preload/. */
export const PRELOADS = [
  ...["cold-code", "plain-errors", "lazy-modules", "nothing-for-debugging", "one-frame", "quick-structs"],
  "no-callbacks",
];

/** Where a program runs and what is run there: `main` may name a folder or a file. */
export function programPlace(project: Project): { folder: string; entry: string } {
  if (!project.main) return { folder: project.root, entry: "." };
  const path = join(project.root, project.main);
  if (existsSync(path) && statSync(path).isDirectory()) return { folder: path, entry: "." };
  return { folder: dirname(path), entry: basename(path) };
}

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

/** The arguments of Node that a project asks for. */
export const nodeArguments = ({ options }: Project): string[] => splitArgs((options as RuntimeOptions).nodeargs ?? "");

/** The environment of a program's process, but for the stack's configuration. */
export function programEnvironment({ options }: Project, command: string): Record<string, string | undefined> {
  const { tsconfig, typescript = true } = options as RuntimeOptions;
  return {
    ...process.env,
    ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true", ...compileCache(command, process.env) } : {}),
    ...(tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
  };
}
