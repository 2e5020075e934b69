import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { repositoryRoot } from "../../sandbox/root.js";

/** The clone may be another user's. */
const git = (...args: string[]) =>
  execa("git", ["-c", "safe.directory=*", ...args], { cwd: repositoryRoot, encoding: "buffer" });

/** Why the commits of this repository can't be had: it is a shallow clone, or none. */
export async function lacksHistory(): Promise<string | undefined> {
  const asked = await git("rev-parse", "--is-shallow-repository").catch((error: Error) => error);
  if (asked instanceof Error) return `this is no clone: ${asked.message.split("\n")[0]}`;
  const isShallow = Buffer.from(asked.stdout).toString().trim() === "true";
  return isShallow ? "this clone is a shallow one: it lacks the commit" : undefined;
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
