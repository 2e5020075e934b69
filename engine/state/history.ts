import { copyFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { StepOp } from "../model/types.js";
import type { FileBackend } from "./backend.js";
import { makeFolder, writeDurable } from "./durable.js";
import type { StackReference } from "./names.js";

/** One operation on a stack, as `pulumi stack history` reads it. */
export interface HistoryEntry {
  kind: "update" | "refresh" | "destroy";
  /** Seconds since 1970. */
  startTime: number;
  endTime: number;
  message: string;
  environment: Record<string, string>;
  /** The stack's configuration as its settings file has it: secrets stay sealed. */
  config: Record<string, unknown>;
  result: "succeeded" | "failed";
  resourceChanges: Partial<Record<StepOp, number>>;
}

/** Nanoseconds since 1970; files of one stack sort by it. */
const nanoseconds = () => BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);

/** Records an operation that has ended, and keeps a copy of the state that it left. */
export async function addToHistory(backend: FileBackend, stack: StackReference, entry: HistoryEntry): Promise<void> {
  const prefix = join(backend.historyFolder(stack), `${stack.name}-${nanoseconds()}`);
  const { kind, startTime, message, environment, config, result, endTime, resourceChanges } = entry;
  const record = { kind, startTime, message, environment, config, version: 0, result, endTime, resourceChanges };
  await writeDurable(`${prefix}.history.json`, JSON.stringify(record));
  const file = backend.stackFile(stack);
  await copyFile(file, `${prefix}.checkpoint.json`);
  const backups = backend.backupFolder(stack);
  await makeFolder(backups);
  await copyFile(file, join(backups, `${basename(file, ".json")}.${nanoseconds()}.json`));
}
