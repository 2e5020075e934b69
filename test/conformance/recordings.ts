import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../engine/normalize.js";
import type { Scenario } from "../engine/scenarios/index.js";

/** One file a scenario, named after it, so that a diff can be read. */
const FOLDER = join(import.meta.dirname, "recordings");
const fileOf = ({ name }: Scenario) =>
  join(FOLDER, `${name.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "")}.json`);

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

/** What the CLI has done in a scenario, and which release of it, when it was recorded. */
export function recording(scenario: Scenario): Recording | undefined {
  const file = fileOf(scenario);
  if (!existsSync(file)) return undefined;
  const found = JSON.parse(readFileSync(file, "utf8")) as Recording;
  return found.hash === hashOf(scenario) ? found : undefined;
}

/** Keeps what the CLI has done. */
export function record(scenario: Scenario, cli: string, outcomes: Outcome[]): void {
  mkdirSync(FOLDER, { recursive: true });
  const recorded: Recording = { hash: hashOf(scenario), cli, outcomes };
  writeFileSync(fileOf(scenario), `${JSON.stringify(recorded, null, 1)}\n`);
}
