import { lstatSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

/** Why a file can't be read or written, and what to do, by the system's word for it. */
const REASONS: Record<string, [why: string, cure: string]> = {
  EISDIR: ["it is a folder", "move it away, or name another"],
  ENOTDIR: ["a file stands where a folder must be", "move that file away"],
  EEXIST: ["something else is there", "move it away"],
  ENOENT: ["there is no such file or folder", "make it, or name another"],
  EACCES: ["this user may not", "run as a user who may, or change its rights"],
  EPERM: ["this user may not", "run as a user who may, or change its rights"],
  EROFS: ["its file system is read-only", "mount it writable, or use a folder elsewhere"],
  ENOSPC: ["no space is left on its device", "free some there, and run the same command again"],
  EDQUOT: ["the quota of this user is used up there", "free some there, and run the same command again"],
  EIO: ["its device has failed", "look at the kernel's log (dmesg), and restore it from a backup"],
  EMFILE: ["this process may open no more files", "raise the limit: ulimit -n 4096"],
  ENFILE: ["the system may open no more files", "raise the limit: sysctl fs.file-max"],
  ELOOP: ["its links lead in a circle", "remove the link"],
  ENAMETOOLONG: ["its name is too long", "use a shorter one"],
};

/** Calls on files; of the other calls that fail so, starting a program is one. */
const ON_FILES =
  /^(open|read|write|close|f?stat|lstat|mkdir|mkdtemp|rmdir|rm|unlink|rename|link|symlink|readlink|realpath|copyfile|scandir|fsync|fdatasync|ftruncate|f?chmod|access)$/;

/** A failed call on a file in a sentence: file, reason, cure. Undefined for any other error. */
export function fileProblem(error: unknown): string | undefined {
  const { code = "", syscall = "", path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  const reason = REASONS[code];
  if (!reason || path === undefined || !ON_FILES.test(syscall)) return undefined;
  // Of a copy or a new name the target is what can't be written.
  const file = code === "ENOENT" ? path : (dest ?? path);
  return `${file}: ${reason[0]} (${code}); ${reason[1]}`;
}

/** Lets the error of a call say which file it is about. The system leaves that out at times. */
export function about(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.syscall !== undefined) Object.assign(error, { path, dest: undefined });
    throw error;
  };
}

/**
 * Whether there is a file or a folder. Where that can't be told (no rights, a link to nothing) it
 * is an error, and not "no".
 */
export function isThere(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })) return true;
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link) throw new Error(`${path}: it is a link to what isn't there; mount or make that, or remove the link`);
  return false;
}

/** The names in a folder, in order; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.sort();
}

/** The text of a file. */
export const readText = (path: string): Promise<string> => readFile(path, "utf8").catch(about(path));
