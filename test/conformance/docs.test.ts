import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sectionIn, withSection } from "../../bench/report.js";
import { repositoryRoot } from "../../sandbox/root.js";
import { stretched } from "../../sandbox/slow.js";
import { type Scenario, SUBJECTS } from "../engine/scenarios/index.js";
import { recording } from "./recordings.js";
import { UNSUPPORTED, type Unsupported } from "./unsupported.js";

const FILE = join(repositoryRoot, "engine/README.md");

/** Compares a section of the document with what it should be; WRITE_DOCS=1 writes it. */
function isUpToDate(name: string, text: string): void {
  const document = readFileSync(FILE, "utf8");
  if (process.env.WRITE_DOCS) writeFileSync(FILE, withSection(document, name, text));
  else expect(sectionIn(document, name), `${FILE} (WRITE_DOCS=1 writes it)`).toBe(text);
}

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");

test("the table of scenarios", () => {
  const row = (scenario: Scenario) => [
    scenario.name,
    scenario.actions.map(({ op, dryRun }) => (dryRun ? `${op} (preview)` : op)).join(", "),
    "yes",
    recording(scenario)?.cli ?? "not recorded",
  ];
  const head = ["scenario", "operations", "embedded engine", "Pulumi CLI, the same"];
  const parts = Object.entries(SUBJECTS).map(([subject, list]) => `### ${subject}\n\n${table(head, list.map(row))}`);
  isUpToDate("scenarios", `${parts.join("\n")}`);
});

test("what is not supported, with the error of each", { timeout: stretched(120_000) }, async () => {
  const row = async ({ what, error }: Unsupported) => [what, `\`${saidFirst(await error(), what)}\``];
  const parts: string[] = [];
  for (const [where, list] of Object.entries(UNSUPPORTED)) {
    const rows: string[][] = [];
    for (const each of list) rows.push(await row(each));
    parts.push(`### ${where}\n\n${table(["", "error"], rows)}`);
  }
  isUpToDate("unsupported", parts.join("\n"));
});

/** Of an error its first line, as a cell of a table holds it. */
function saidFirst(text: string, what: string): string {
  const [line = ""] = text.split("\n");
  expect(line, what).not.toBe("");
  return line
    .replace(/^error: /, "")
    .replaceAll("`", "'")
    .replaceAll("|", "\\|");
}
