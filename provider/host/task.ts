import type { Step } from "../kernel/plan.js";

/** The steps of one operation, what was done of them so far, and the error that ended it. */
export interface Task {
  steps: Step[];
  done: Step[];
  error?: Error;
}

export type Direction = "make" | "remove";

/** A removal goes on after a failure, so it can have several. */
export function addError(task: Task, error: unknown): void {
  const next = error instanceof Error ? error : new Error(String(error));
  task.error = task.error ? new AggregateError([task.error, next], `${task.error.message}\n${next.message}`) : next;
}

/** Runs one piece of a task's work; a failure becomes the task's error. */
export async function attempt(task: Task, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => addError(task, error));
}
