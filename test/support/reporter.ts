import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import type { Outcome } from "../../sandbox/outcome.js";

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
