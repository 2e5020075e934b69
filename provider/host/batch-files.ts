import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * `ip -batch -` reads one standard input, so the batches that run inside namespaces (`netns exec NAME ip -batch FILE` within
 * one batch: a single process start for us, however many namespaces) come from files in a private folder.
 */
export async function withBatchFiles<T>(batches: string[], use: (files: string[]) => Promise<T>): Promise<T> {
  if (batches.length === 0) return await use([]);
  const folder = await mkdtemp(join(tmpdir(), "hostnet-"));
  try {
    const files = batches.map((_, index) => join(folder, String(index)));
    await Promise.all(files.map((file, index) => writeFile(file, batches[index] ?? "")));
    return await use(files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
