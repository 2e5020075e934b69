import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "./private-folder.js";

/** It is in memory: hundreds of files on a disk cost more than the tools that read them. */
const IN_MEMORY = "/run";

/** Texts in files, while a command reads them. */
export interface BatchFiles {
  files: string[];
  remove(): void;
}

/**
 * `ip -batch -` reads one standard input. A batch inside a namespace (`netns exec NAME ip -batch
 * FILE`) comes from a file in a private folder. So one batch reaches any number of namespaces, and
 * we start one process. The files are small: to write them synchronously is cheaper than to wait.
 * They lie elsewhere where memory is full or can't be written.
 */
export function writeBatchFiles(texts: string[]): BatchFiles {
  if (texts.length === 0) return { files: [], remove: () => {} };
  try {
    return write(privateFolder("batch", [IN_MEMORY]), texts);
  } catch {
    return write(privateFolder("batch"), texts);
  }
}

function write(folder: string, texts: string[]): BatchFiles {
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const files = texts.map((_, index) => join(folder, String(index)));
  try {
    for (const [index, file] of files.entries()) writeFileSync(file, texts[index] ?? "");
    return { files, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
