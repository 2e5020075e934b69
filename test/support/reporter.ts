import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import type { Outcome } from "../../sandbox/outcome.js";

/** A title that is longer names no claim, and may be a whole object. */
const MAX_TITLE = 200;

/** Writes the outcome of a run as JSON to the file that OUTCOME_FILE names. */
export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const outcome: Outcome = { passed: 0, failed: unhandled.length, skipped: [], files: [] };
    for (const module of modules) {
      outcome.failed += module.errors().length;
      const project = module.project.name;
      outcome.files.push({ file: module.relativeModuleId, project, ms: module.diagnostic().duration });
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") outcome.passed++;
        else if (result.state === "failed") outcome.failed++;
        else outcome.skipped.push({ test: `${project}: ${test.fullName}`, reason: noteOf(result) });
        if (test.name.length <= MAX_TITLE) continue;
        outcome.failed++;
        console.error(
          `${module.relativeModuleId}: a title of ${test.name.length} characters: ${test.name.slice(0, 80)}…`,
        );
      }
    }
    if (process.env.OUTCOME_FILE) writeFileSync(process.env.OUTCOME_FILE, JSON.stringify(outcome));
  }
}

const noteOf = (result: { state: string; note?: string }): string =>
  result.note ?? (result.state === "pending" ? "did not run" : "no reason given");
