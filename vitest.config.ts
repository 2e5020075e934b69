import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { stretched } from "./sandbox/slow.js";
import { onAHost } from "./test/support/host-worker.js";

const waits = (ms: number) => ({ testTimeout: stretched(ms), hookTimeout: stretched(60_000) });

/** One project a kind of test, so that each can be run alone: `npx vitest run --project unit`. */
const project = (name: string, extra: object = {}) => ({
  // Vite leaves out .cts by default.
  oxc: { include: /\.([cm]?ts|[jt]sx)$/ },
  test: { name, include: [`test/${name}/**/*.test.ts`], ...waits(60_000), ...extra },
});

/** Test files that use test/support/size.ts: `soak` runs them at their whole size. */
const sized = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => join("test", file))
  .filter((file) => readFileSync(file, "utf8").includes("support/size.js"));

export default defineConfig({
  test: {
    // Providers say on their output what has drifted: it is looked at when a test fails.
    silent: "passed-only",
    // Half of a test is waiting, for processes and for the kernel.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      project("unit", { isolate: false }),
      project("engine"),
      project("contract", { pool: onAHost }),
      project("kernel", { pool: onAHost, ...waits(180_000) }),
      project("program", { pool: onAHost, ...waits(300_000) }),
      project("examples", { include: ["examples/**/*.test.ts"], ...waits(120_000) }),
      project("conformance"),
      project("soak", {
        include: ["test/soak/**/*.test.ts", ...sized],
        provide: { whole: true },
        pool: onAHost,
        ...waits(300_000),
      }),
      // Runs outside: it installs from a registry, and makes the hosts that it needs itself.
      project("package", { fileParallelism: false, ...waits(300_000), globalSetup: "test/package/setup.ts" }),
    ],
  },
});
