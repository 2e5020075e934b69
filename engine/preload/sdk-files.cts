/**
 * Lets a preload take part between finding and loading a file of the SDK, wherever the SDK is
 * installed. So no frame of ours is on the stack while a program's own files run, and none in what
 * it throws.
 */
import Module = require("node:module");

// biome-ignore lint/suspicious/noExplicitAny: what a module exports, known by name only
export type Exports = any;

/** A file that is being loaded. */
export interface Loaded {
  filename?: string;
  exports: Exports;
  loaded: boolean;
}

/** Node's loader of CommonJS modules: what all hooks of require() use, though it has no types. */
export const loader = Module as unknown as {
  new (id: string): Loaded;
  _resolveFilename(name: string, parent?: Loaded, ...rest: unknown[]): string;
  _load(path: string, parent?: Loaded): Exports;
  _cache: Record<string, Loaded>;
};

/** Given a file that was found, as which name and from where. Says which one to load instead. */
type Look = (path: string, name: string, parent?: Loaded) => string;

const looks: Look[] = [];

export const whenFound = (look: Look): void => {
  looks.push(look);
};

/** The path of a file within the SDK, without its ending; undefined of any other file. */
export const inSdk = (path = ""): string | undefined => /@pulumi.pulumi.([\w/-]+)\.js$/.exec(path)?.[1];

/** The same, and of a library's file that the SDK asks for the path from its node_modules. */
const nameOf = (path: string, parent?: Loaded) =>
  inSdk(path) ?? (inSdk(parent?.filename) && /.*\/node_modules\/(.+)\.js$/.exec(path)?.[1]);

/** Changes what files export, by their names, before anything gets it. */
export function mend(changes: Record<string, (exports: Exports, path: string) => void>): void {
  const seen = new Set<string>();
  whenFound((path, _, parent) => {
    const change = changes[nameOf(path, parent) ?? ""];
    // It is looked for once more while it is loaded.
    if (!change || seen.has(path)) return path;
    seen.add(path);
    change(loader._load(path, parent), path);
    return path;
  });
}

/** A line of a stack that is this file's, with a source map or without. */
const OURS = String.raw`at .*[/]engine[/]preload[/]sdk-files\.c[jt]s:\d+:\d+\)\n`;

const find = loader._resolveFilename;
loader._resolveFilename = function (name, parent, ...rest) {
  let path: string;
  try {
    path = find.call(this, name, parent, ...rest);
  } catch (error) {
    if (error instanceof Error && typeof error.stack === "string")
      error.stack = error.stack
        .replace(new RegExp(String.raw`\.<anonymous>( \(node:.*\)\n +${OURS})`), "._resolveFilename$1")
        .replace(new RegExp(`^ +${OURS}`, "gm"), "");
    throw error;
  }
  return looks.reduce((found, look) => look(found, name, parent), path);
};
