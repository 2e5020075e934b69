import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "./private-folder.js";

/**
 * `ip -batch -` reads one standard input, so the batches that run inside namespaces (`netns exec NAME ip -batch FILE` within
 * one batch: a single process start for us, however many namespaces) come from files in a private folder. They are small: to write them at
 * once is cheaper than to wait for them.
 */
export function writeBatchFiles(texts: string[]): { files: string[]; remove(): void } {
  if (texts.length === 0) return { files: [], remove: () => {} };
  const folder = privateFolder("batch");
  const files = texts.map((_, index) => join(folder, String(index)));
  for (const [index, file] of files.entries()) writeFileSync(file, texts[index] ?? "");
  return { files, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
