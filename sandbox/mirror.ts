import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { repositoryRoot } from "./root.js";

/** Makes `folder` stand in for this clone: a program in it finds the clone's build and modules. */
export function standIn(folder: string): string {
  mkdirSync(folder, { recursive: true });
  cpSync(join(repositoryRoot, "package.json"), join(folder, "package.json"));
  for (const name of ["dist", "node_modules"]) symlinkSync(join(repositoryRoot, name), join(folder, name));
  return folder;
}

/**
 * Copies a project of this clone to its place in a stand-in at `into`, and returns its new path. So
 * what an engine writes beside Pulumi.yaml goes with the copy.
 */
export function mirrorProject(folder: string, into: string): string {
  const place = join(standIn(into), relative(repositoryRoot, folder));
  mkdirSync(place, { recursive: true });
  // The clone itself is a project too, of this one file.
  const names = folder === repositoryRoot ? ["Pulumi.yaml"] : readdirSync(folder);
  for (const name of names) cpSync(join(folder, name), join(place, name), { recursive: true });
  return place;
}
