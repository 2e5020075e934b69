import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { repositoryRoot } from "../../sandbox/root.js";

/** The sources of a folder, from the root. */
export const files = (folder: string): string[] =>
  readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.c?ts$/.test(name))
    .map((name) => join(folder, name));

export const text = (file: string) => readFileSync(join(repositoryRoot, file), "utf8");

/** What a file imports: packages as they are, files of ours from the root. */
export function imports(file: string): string[] {
  const found = text(file).matchAll(/\bfrom "([^"]+)";$|^import "([^"]+)";$|\bimport\("([^"]+)"\)/gm);
  return [...found].map(([, from, bare, called]) => {
    const name = from ?? bare ?? called ?? "";
    return name.startsWith(".") ? relative(repositoryRoot, join(repositoryRoot, dirname(file), name)) : name;
  });
}

/** The imports of a folder's files that a rule doesn't allow. */
export const breaches = (folder: string, allowed: (name: string, file: string) => boolean) =>
  files(folder).flatMap((file) =>
    imports(file)
      .filter((name) => !allowed(name, file))
      .map((name) => `${file} imports ${name}`),
  );
