import { existsSync } from "node:fs";
import { join } from "node:path";
import { variableOf } from "./settings.cjs";

/** A file of engine/preload/ that a Node process runs before its script. */
export interface Preload {
  /** The file's name, without its ending. */
  name: string;
  /** What it has to know, as JSON can say it. Nothing secret. */
  settings?: unknown;
}

/** The compiled files: seen from dist/engine/preload/, dist/engine/bundle/, and the sources. */
const FOLDERS = [".", "../preload", "../../dist/engine/preload"];

/** Where a preload is. Throws when it isn't there. */
export function preloadPath(name: string): string {
  const paths = FOLDERS.map((folder) => join(import.meta.dirname, folder, `${name}.cjs`));
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    `the file ${name}.cjs isn't in ${join(import.meta.dirname, FOLDERS[0]!)}: install this package again (in a clone of it: npm run build)`,
  );
}

/**
 * What a Node process is started with, so that it runs these first. The settings are in its
 * environment until they are read. Each argument is one word: beside `--require` alone, the SDK
 * doesn't compile TypeScript in ES modules.
 */
export const preloading = (preloads: readonly Preload[]): { args: string[]; env: Record<string, string> } => ({
  args: preloads.map(({ name }) => `--require=${preloadPath(name)}`),
  env: Object.fromEntries(
    preloads
      .filter(({ settings }) => settings !== undefined)
      .map(({ name, settings }) => [variableOf(name), JSON.stringify(settings)]),
  ),
});
