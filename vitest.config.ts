import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { onAHost } from "./test/support/host-worker.js";

/** One project a kind of test, so that each can be run alone: `npx vitest run --project unit`. */
const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: 60_000, hookTimeout: 60_000, ...extra },
});

export default defineConfig({
  test: {
    // Providers say on their output what has drifted: it is looked at when a test fails.
    silent: "passed-only",
    maxWorkers: availableParallelism(),
    projects: [
      project("unit"),
      project("engine"),
      project("contract", { pool: onAHost }),
      project("kernel", { pool: onAHost, testTimeout: 180_000 }),
      project("examples", { include: ["examples/**/*.test.ts"], testTimeout: 120_000 }),
      // Runs outside: it installs from a registry, and makes the hosts that it needs itself.
      project("package", { fileParallelism: false, testTimeout: 300_000, globalSetup: "test/package/setup.ts" }),
      project("program", { pool: onAHost, testTimeout: 300_000 }),
    ],
  },
});
