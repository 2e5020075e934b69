import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** What a vitest run came to, for the runner that adds up several (sandbox/test.ts). */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: { test: string; reason: string }[];
}

/** Writes the outcome of a run as JSON to the file that OUTCOME_FILE names. */
export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const outcome: Outcome = { passed: 0, failed: unhandled.length, skipped: [] };
    for (const module of modules) {
      outcome.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") outcome.passed++;
        else if (result.state === "failed") outcome.failed++;
        else outcome.skipped.push({ test: `${module.project.name}: ${test.fullName}`, reason: noteOf(result) });
      }
    }
    if (process.env.OUTCOME_FILE) writeFileSync(process.env.OUTCOME_FILE, JSON.stringify(outcome));
  }
}

const noteOf = (result: { state: string; note?: string }): string =>
  result.note ?? (result.state === "pending" ? "did not run" : "no reason given");
