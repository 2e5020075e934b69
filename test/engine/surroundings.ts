import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Call, Faults, FixtureProgram } from "./fixture.js";

/** The folder of the fixture program. */
export const PROGRAM = join(import.meta.dirname, "fixtures/program");

const folder = mkdtempSync(join(tmpdir(), "hostnet-engine-"));
const log = join(folder, "calls.log");
const faultsFile = join(folder, "faults.json");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Tells the fixture program and its provider by the environment what to do in the next run. */
export function prepare(program: FixtureProgram, faults: Faults): void {
  writeFileSync(log, "");
  writeFileSync(faultsFile, JSON.stringify(faults));
  Object.assign(process.env, {
    HOSTNET_TEST_LOG: log,
    HOSTNET_TEST_FAULTS: faultsFile,
    HOSTNET_TEST_PROGRAM: JSON.stringify(program),
    HOSTNET_TEST_PROVIDER: join(PROGRAM, "provider.js"),
  });
}

/** What the fixture provider has written down in the last run. */
export function readCalls(): Call[] {
  return readFileSync(log, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Call);
}
