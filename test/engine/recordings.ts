import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "./normalize.js";
import type { Scenario } from "./scenarios/index.js";

const FILE = join(import.meta.dirname, "recordings.json");

interface Recording {
  /** Of the scenario's actions: a recording of others is none. */
  hash: string;
  cli: string;
  outcomes: Outcome[];
}

const hashOf = ({ actions }: Scenario): string =>
  createHash("sha256")
    .update(JSON.stringify(actions.map(({ effects, names, fails, error, changes, ...asked }) => asked)))
    .digest("hex")
    .slice(0, 16);

const load = (): Record<string, Recording> =>
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Record<string, Recording>) : {};

/** What the CLI has done in a scenario, and which release of it, when it was recorded. */
export function recording(scenario: Scenario): Recording | undefined {
  const found = load()[scenario.name];
  return found?.hash === hashOf(scenario) ? found : undefined;
}

/** Keeps what the CLI has done. */
export function record(scenario: Scenario, cli: string, outcomes: Outcome[]): void {
  const all = { ...load(), [scenario.name]: { hash: hashOf(scenario), cli, outcomes } };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(sorted)}\n`.replaceAll(/("hash")/g, "\n$1"));
}
