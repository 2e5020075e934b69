import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where Debian keeps iptables and its like; an ordinary user's PATH often lacks them. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** `path` and behind it those folders of the system's tools that it lacks. */
export function withSystemFolders(path: string | undefined): string {
  const folders = (path ?? "/usr/local/bin:/usr/bin:/bin").split(delimiter).filter((folder) => folder !== "");
  return [...folders, ...SYSTEM_FOLDERS.filter((folder) => !folders.includes(folder))].join(delimiter);
}

/** The full path of a program, or undefined when no folder of PATH (and of the system) has it. */
export function findProgram(name: string, path = process.env.PATH): string | undefined {
  return withSystemFolders(path)
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** Whether a file is there that this user may run. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
