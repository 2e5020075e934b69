import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { repositoryRoot } from "../../sandbox/root.js";

const git = (...args: string[]) => execa("git", args, { cwd: repositoryRoot, encoding: "buffer" });

/** Whether this clone has only its last commits. */
export async function isShallow(): Promise<boolean> {
  const { stdout } = await git("rev-parse", "--is-shallow-repository");
  return Buffer.from(stdout).toString().trim() === "true";
}

/** Builds the package of a commit of this repository, with today's modules. Returns its folder. */
export async function buildOf(commit: string, folder: string): Promise<string> {
  const place = join(folder, commit);
  mkdirSync(place);
  await git("archive", commit).pipe("tar", ["x", "-C", place]);
  symlinkSync(join(repositoryRoot, "node_modules"), join(place, "node_modules"));
  await execa("npm", ["run", "build"], { cwd: place });
  return place;
}
