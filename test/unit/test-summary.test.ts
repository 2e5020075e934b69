import { expect, it } from "vitest";
import { summarize } from "../../sandbox/outcome.js";

const NO_KERNEL = { test: "kernel, program", reason: "This machine doesn't let root make a throw-away host" };
const NO_CLI = { test: "engine: records the CLI", reason: "no Pulumi CLI" };
const NO_PLUGIN = { test: "program: starts servers", reason: "no pulumi-resource-command on PATH" };
const passed = { passed: 3, failed: 0, skipped: [], files: [] };

it("adds up, and ends with the count", () => {
  const { lines, status } = summarize([passed, { ...passed, skipped: [NO_CLI] }], { requireKernel: false });
  expect(lines.at(-1)).toBe("6 passed, 0 failed, 1 skipped");
  expect(lines.join("\n")).toContain("no Pulumi CLI\n    engine: records the CLI");
  expect(status).toBe(0);
});

it("fails for any failure", () => {
  expect(summarize([passed, { ...passed, failed: 1 }], { requireKernel: false }).status).toBe(1);
});

it("lets a kernel be missing unless it is required, and a Pulumi CLI or its plugin always", () => {
  const outcomes = [{ ...passed, skipped: [NO_KERNEL, NO_CLI] }];
  expect(summarize(outcomes, { requireKernel: false }).status).toBe(0);
  expect(summarize(outcomes, { requireKernel: true }).status).toBe(1);
  expect(summarize([{ ...passed, skipped: [NO_CLI, NO_PLUGIN] }], { requireKernel: true }).status).toBe(0);
});

it("says each reason once, and names a few of the tests", () => {
  const skipped = Array.from({ length: 41 }, (_, index) => ({ ...NO_CLI, test: `engine: case ${index}` }));
  const { lines } = summarize([{ ...passed, skipped }], { requireKernel: false });
  expect(lines.filter((line) => line.includes("no Pulumi CLI"))).toHaveLength(1);
  expect(lines).toContain("    and 36 more");
});

it("names the slowest files with their share of the time", () => {
  const files = Array.from({ length: 12 }, (_, at) => ({ file: `${at}.test.ts`, project: "unit", ms: at * 1000 }));
  const { lines } = summarize([{ ...passed, files }], { requireKernel: false });
  const named = lines.filter((line) => line.includes(".test.ts"));
  expect(named).toHaveLength(10);
  expect(named[0]).toMatch(/11\.0 s +17 % {2}unit: 11\.test\.ts/);
});
