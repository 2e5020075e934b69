import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder above `from` with the compiler settings: the same from a source and from dist/. */
function findRoot(from: string): string {
  if (existsSync(join(from, "tsconfig.build.json"))) return from;
  const parent = dirname(from);
  if (parent === from)
    throw new Error("not inside a clone of pulumi-hostnet: no tsconfig.build.json in any folder above");
  return findRoot(parent);
}

/** The root of the clone. */
export const repositoryRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

/** A compiled script of this repository, for a Node process of its own. */
export const compiled = (path: string): string => join(repositoryRoot, "dist", path);
