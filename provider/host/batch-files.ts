import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "./private-folder.js";

/**
 * `ip -batch -` reads one standard input. A batch inside a namespace (`netns exec NAME ip -batch
 * FILE`) comes from a file in a private folder. So one batch reaches any number of namespaces, and
 * we start one process. The files are small: to write them synchronously is cheaper than to wait.
 */
export function writeBatchFiles(texts: string[]): { files: string[]; remove(): void } {
  if (texts.length === 0) return { files: [], remove: () => {} };
  const folder = privateFolder("batch");
  const files = texts.map((_, index) => join(folder, String(index)));
  for (const [index, file] of files.entries()) writeFileSync(file, texts[index] ?? "");
  return { files, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
