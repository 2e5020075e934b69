import { randomUUID } from "node:crypto";
import { copyFile, link, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { about } from "../model/file-errors.js";

/** A temporary name beside `path`. It never ends with `.json`: a left-over is no stack. */
const beside = (path: string) =>
  join(dirname(path), `.${basename(path)}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`);

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder and those above it. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(folder) === folder) about(folder)(error as Error);
    // Node says so of a read-only file system too. One level alone says why.
    await makeFolder(dirname(folder));
    await mkdir(folder).catch(about(folder));
  }
}

/**
 * Replaces the file `path`. A reader, also after a power cut, finds the old content or the new,
 * whole. With `backup` the old content is kept under that name.
 */
export async function writeDurable(
  target: string,
  content: string | Buffer,
  options: { backup?: string /** Of a new file; an old one's stays. */; mode?: number } = {},
): Promise<void> {
  await makeFolder(dirname(target));
  // A link stays a link, and whom its owner lets read the file may read the new one.
  const path = await realpath(target).catch(() => target);
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => options.mode ?? 0o600,
  );
  const temporary = beside(path);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    if (options.backup !== undefined) await keepCopy(path, options.backup);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    return about(target)(error as NodeJS.ErrnoException);
  }
  await syncFolder(dirname(path));
}

/**
 * A hard link costs nothing, however large the state is. The original is replaced, never written in
 * place.
 */
async function keepCopy(path: string, backup: string): Promise<void> {
  const temporary = beside(backup);
  try {
    await link(path, temporary);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    await copyFile(path, temporary);
  }
  await rename(temporary, backup);
}
